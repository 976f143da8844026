"""An ending in two trips to PostgreSQL."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from consent.ddl import STOP_LOCK
from consent.driver_statement import DriverStatement
from consent.grants.ending import end_at_once
from consent.models import GrantItem
from consent.stops.open_leases import OpenLeases, Scope
from consent.stops.two_trips import OneStatement, end_in_two_trips
from tests.consent.conftest import BACKENDS, World, about, asking

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif("postgresql" not in BACKENDS, reason="GIGWAY_DATABASE_URL names no PostgreSQL"),
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]


def _grant(world: World) -> str:
    world.actor()
    return world.give(world.worker(("u1", "uber")), [("uber", "engagements")]).id


def _ending(world: World, grant: str) -> OneStatement:
    return end_at_once(
        grant, status="withdrawn", reason="page", by="worker", by_id=None, client_id=None, clock=world.clock
    )


async def test_it_ends_once_says_so_and_sees_what_is_open(world: World) -> None:
    grant, leases = _grant(world), OpenLeases(world.engine, clock=world.clock)
    (decision,) = await world.gate.acquire([about("u1", "engagements")], asking())
    look = leases.look(Scope("grant", grant))
    with world.engine.connect() as connection:
        leases.begin_looking(connection)
        ended, seen = end_in_two_trips(connection, _ending(world, grant), look)
        again, _ = end_in_two_trips(connection, _ending(world, grant), look)
        assert (ended, again) == (True, False)
        assert leases.count(Scope("grant", grant), connection, seen) == 1
        written = connection.execute(
            text("SELECT type, grant_id, by_kind, payload FROM consent_event ORDER BY seq DESC LIMIT 2")
        ).all()
        notices = connection.execute(text("SELECT kind, ref FROM stop_notice")).all()
    assert [each.type for each in written] == ["consent:grant:end", "consent:grant:give"]
    assert (written[0].grant_id, written[0].by_kind, written[0].payload) == (
        grant,
        "worker",
        {"as": "withdrawn", "why": "page"},
    )
    assert [tuple(each) for each in notices] == [("grant", grant)]
    await world.gate.acknowledge([decision.permit], asking())


async def test_it_sees_what_was_done_before_it_had_the_lock(world: World) -> None:
    """The grant is given by whom it waits for."""
    leases, grant = OpenLeases(world.engine, clock=world.clock), _grant(world)
    ended: list[bool] = []

    def end() -> None:
        with world.engine.connect() as connection:
            leases.begin_looking(connection)
            ended.append(end_in_two_trips(connection, _ending(world, grant), leases.look(Scope("grant", grant)))[0])

    with world.engine.connect() as other:
        with other.begin():
            other.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": STOP_LOCK})
            waiting = threading.Thread(target=end)
            waiting.start()
            waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            while not other.execute(waits).scalar_one():
                pass
            other.execute(text("UPDATE consent_grant SET status = 'expired', ended_at = granted_at"))
        waiting.join()
    assert ended == [False]


async def test_what_is_refused_changes_nothing_and_gives_up_the_lock(world: World) -> None:
    grant, leases = _grant(world), OpenLeases(world.engine, clock=world.clock)
    refused = OneStatement(
        statement=DriverStatement(lambda _: update(GrantItem).values(granted=False).returning(col(GrantItem.grant_id))),
        values=dict,
    )
    with world.engine.connect() as connection:
        leases.begin_looking(connection)
        with pytest.raises(IntegrityError):
            end_in_two_trips(connection, refused, leases.look(Scope("grant", grant)))
        ended, _ = end_in_two_trips(connection, _ending(world, grant), leases.look(Scope("grant", grant)))
    assert ended
