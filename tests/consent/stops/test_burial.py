"""What a dead process held is taken away, with a line in the log for each category of each lease."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, text
from sqlmodel import col

from consent.leases.liveness import AdvisoryProof
from consent.models import FetchLease, GatewayProcess
from consent.stops.burial import bury, bury_in_two_trips
from tests.consent.conftest import BACKENDS, World

PROOF = 7_001


def _process(world: World) -> int:
    """A process with a lease of a grant, one of a worker's own, and nothing of another process."""
    world.actor()
    worker = world.worker(("u1", "uber"))
    grant = world.give(worker, [("uber", "engagements"), ("uber", "ratings")]).id
    now = world.clock()
    with world.engine.begin() as connection:
        number, other = (
            connection.execute(
                insert(GatewayProcess)
                .values(kind=AdvisoryProof.kind, proof=str(proof), host="here", master_keys="", started_at=now)
                .returning(col(GatewayProcess.id))
            ).scalar_one()
            for proof in (PROOF, PROOF + 1)
        )
        common = {"worker_id": worker, "platform": "uber", "started_at": now}
        for lease in (
            {"id": 1, "process_id": number, "grant_id": grant, "actor_id": "acme", "client_id": "acme-app"},
            {"id": 2, "process_id": number, "account_id": "u1"},
            {"id": 3, "process_id": other, "grant_id": grant},
        ):
            categories = "engagements ratings" if lease["id"] == 1 else "profile"
            connection.execute(insert(FetchLease).values(**common, **lease, categories=categories))
    return number


def _bury(world: World, number: int) -> bool:
    if world.engine.dialect.name == "postgresql":
        with world.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            return bury_in_two_trips(connection, number, PROOF, world.clock)
    with world.engine.begin() as connection:
        bury(connection, number, world.clock())
    return True


def test_each_lease_leaves_a_line_and_the_process_has_ended(world: World) -> None:
    number = _process(world)
    assert _bury(world, number)
    events = world.events()
    assert sorted((each.lease_id, each.category, each.purpose, each.account_id, each.actor_id) for each in events) == [
        (1, "engagements", "job_matching", None, "acme"),
        (1, "ratings", "job_matching", None, "acme"),
        (2, "profile", "self", "u1", None),
    ]
    assert {(each.decision, each.reason, each.records, each.repeats, each.at) for each in events} == {
        ("allow", "PROCESS_DIED", 0, 1, world.clock())
    }
    assert len({each.salt for each in events if len(each.salt) == 32}) == 3
    with world.engine.connect() as connection:
        assert connection.execute(select(col(FetchLease.id))).scalars().all() == [3]
        ended = select(col(GatewayProcess.ended_at)).where(col(GatewayProcess.proof).in_([str(PROOF), str(PROOF + 1)]))
        found = connection.execute(ended.order_by(col(GatewayProcess.id))).scalars().all()
    assert found == [world.clock(), None]


@pytest.mark.skipif("postgresql" not in BACKENDS, reason="GIGWAY_DATABASE_URL names no PostgreSQL")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_still_has_its_lock_is_not_buried(world: World) -> None:
    number = _process(world)
    with world.engine.connect() as living:
        living.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PROOF})
        assert not _bury(world, number)
    assert world.events() == []
    assert world.open_leases() == 3
    assert _bury(world, number)
