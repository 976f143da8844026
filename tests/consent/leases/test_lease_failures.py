"""What the lease keeper does when the database fails it: nothing is allowed, nothing stays open for ever."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from consent.columns import utc_now
from consent.ddl import create_statements
from consent.leases.gate import ConsentGate
from consent.leases.keeper import LeaseKeeper
from consent.leases.store import LeaseStoreError
from tests.consent.conftest import BACKENDS, SOURCES, World, about, asking

pytestmark = pytest.mark.anyio


def test_database_without_triggers_is_refused(world: World) -> None:
    with world.engine.begin() as connection:
        suffix = "" if world.engine.dialect.name == "sqlite" else " ON consent_grant"
        connection.execute(text(f"DROP TRIGGER consent_grant_stops{suffix}"))
    keeper = LeaseKeeper(world.engine)
    with pytest.raises(LeaseStoreError, match="run the migrations"):
        keeper.start()
    with world.engine.begin() as connection:
        for statement in create_statements(world.engine.dialect.name, "consent_grant"):
            connection.exec_driver_sql(statement)


async def test_failed_transaction_denies_and_leaves_nothing_half_done(world: World, driver: str) -> None:
    session = asking()
    (open_one,) = await world.gate.acquire([about("u1", "engagements")], session)
    with world.engine.begin() as connection:
        connection.execute(text("ALTER TABLE access_event RENAME TO mislaid"))
    assert await world.gate.release([open_one.permit], session, {}) == {open_one.permit: frozenset({"gig:engagements"})}
    with world.engine.begin() as connection:
        connection.execute(text("ALTER TABLE mislaid RENAME TO access_event"))
    await world.gate.acknowledge([open_one.permit], session)
    for _ in range(200):
        if not world.open_leases():
            break
        await asyncio.sleep(0.01)
    assert world.open_leases() == 0
    assert [event.reason for event in world.events()] == ["NOT_DELIVERED"]


async def test_a_database_whose_past_is_gone_allows_nothing_any_more(world: World, driver: str) -> None:
    """A backup was restored beneath a running process without taking its connection away."""
    (grant,) = world.grants.of_worker(driver)
    await world.grants.revoke(grant.id, by="worker", reason="worker")
    others = [world.give(driver, [("uber", "engagements")]) for _ in range(3)]
    (before,) = await world.gate.acquire([about("u1", "engagements")], asking())
    assert before.permit is not None
    with world.engine.begin() as connection:
        connection.execute(text("DELETE FROM stop_notice"))
    for other in others[:2]:  # these endings get the numbers of those that are gone
        (denied,) = await world.gate.acquire([about("u1", "engagements")], asking())
        assert denied.denied["gig:engagements"].extensions["reason"] == "UNDECIDED"
        assert world.leases.trouble == "LEASES_DATABASE_RESTORED"
        await world.grants.revoke(other.id, by="worker", reason="worker")
    assert before.permit.ended
    assert await world.gate.release([before.permit], asking(), {}) != {}


async def test_trouble_is_known_while_it_lasts(world: World, driver: str) -> None:
    """And it goes by itself, without anybody asking for anything."""
    assert world.leases.trouble is None
    with world.engine.begin() as connection:
        connection.execute(text("ALTER TABLE access_event RENAME TO mislaid"))
    (decision,) = await world.gate.acquire([about("u1", "engagements")], asking())
    assert await world.gate.release([decision.permit], asking(), {}) != {}
    await world.gate.acknowledge([decision.permit], asking())  # what is owed to the log cannot be written
    assert world.leases.trouble == "LEASES_UNAVAILABLE"
    with world.engine.begin() as connection:
        connection.execute(text("ALTER TABLE mislaid RENAME TO access_event"))
    for _ in range(200):
        world.leases.poke()
        if world.leases.trouble is None:
            break
        await asyncio.sleep(0.01)
    assert world.leases.trouble is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_file_that_was_put_in_the_place_of_the_database_allows_nothing(world: World, driver: str) -> None:
    path = Path(world.engine.url.database or "")
    (before,) = await world.gate.acquire([about("u1", "engagements")], asking())
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)
    for _ in range(3):
        (denied,) = await world.gate.acquire([about("u1", "engagements")], asking())
        assert denied.denied["gig:engagements"].extensions["reason"] == "UNDECIDED"
    assert before.permit is not None
    assert await world.gate.release([before.permit], asking(), {}) != {}
    assert world.leases.trouble == "LEASES_DATABASE_RESTORED"


def take_connection(world: World) -> None:
    """End the connection that commits leases, as a server does that stops."""
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND "
                "(classid::bigint << 32 | objid::bigint) = "
                "(SELECT proof::bigint FROM gateway_process WHERE id = :id)"
            ),
            {"id": world.leases.process_id},
        )


if "postgresql" in BACKENDS:  # a SQLite connection cannot be taken away

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    async def test_lost_connection_ends_every_permit_and_a_new_identity_goes_on(world: World, driver: str) -> None:
        session = asking()
        before = world.leases.process_id
        (decision,) = await world.gate.acquire([about("u1", "engagements")], session)
        take_connection(world)
        assert await world.gate.release([decision.permit], session, {}) != {}
        assert decision.permit.ended
        (again,) = await world.gate.acquire([about("u1", "engagements")], session)
        assert again.permit is not None
        assert world.leases.process_id != before
        await world.gate.acknowledge([decision.permit, again.permit], session)
        (grant,) = world.grants.of_worker(driver)
        assert (await world.grants.revoke(grant.id, by="worker", reason="worker")).status == "confirmed"
        assert [event.reason for event in world.events()] == ["NOT_DELIVERED", "PROCESS_DIED"]

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    async def test_database_that_became_older_allows_nothing(world: World, driver: str) -> None:
        """A backup was restored beneath a running process: it knows of an ending that the database does not."""
        (grant,) = world.grants.of_worker(driver)
        await world.grants.revoke(grant.id, by="worker", reason="worker")
        world.give(driver, [("uber", "engagements")])
        (before,) = await world.gate.acquire([about("u1", "engagements")], asking())
        assert before.permit is not None
        with world.engine.begin() as connection:
            connection.execute(text("DELETE FROM stop_notice"))
        take_connection(world)
        for _ in range(3):
            (denied,) = await world.gate.acquire([about("u1", "engagements")], asking())
            assert denied.denied["gig:engagements"].extensions["reason"] == "UNDECIDED"
        assert before.permit.ended

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_clock_that_differs_from_the_databases_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """Attack 71: clock skew between processes."""
        for minutes in (-5, 5):
            monkeypatch.setattr(
                "consent.leases.postgresql.utc_now", lambda off=minutes: utc_now() + timedelta(minutes=off)
            )
            with pytest.raises(LeaseStoreError) as refusal:
                LeaseKeeper(world.engine).start()
            assert refusal.value.code == "LEASES_CLOCK_SKEW"

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    @pytest.mark.parametrize("minutes", [-5, 5])
    async def test_clock_that_goes_wrong_later_allows_nothing_until_it_is_right(
        world: World, driver: str, monkeypatch: pytest.MonkeyPatch, minutes: int
    ) -> None:
        """Attack 71: a clock is set wrong while the process runs."""
        (before,) = await world.gate.acquire([about("u1", "engagements")], asking())
        assert before.permit is not None
        monkeypatch.setattr("consent.leases.transactions.CLOCK_SECONDS", 0.0)
        monkeypatch.setattr(world.leases._transactions, "_clock_due", 0.0)
        with monkeypatch.context() as wrong:
            wrong.setattr("consent.leases.postgresql.utc_now", lambda: utc_now() + timedelta(minutes=minutes))
            (denied,) = await world.gate.acquire([about("u1", "engagements")], asking())
            assert denied.permit is None
            assert denied.denied["gig:engagements"].extensions["reason"] == "UNDECIDED"
            assert await world.gate.release([before.permit], asking(), {}) != {}
        (after,) = await world.gate.acquire([about("u1", "engagements")], asking())
        assert after.permit is not None
        await world.gate.acknowledge([before.permit, after.permit], asking())

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    async def test_lost_notification_only_costs_time(world: World, driver: str) -> None:
        """Attack 70: this process hears nothing and still finds out."""
        deaf = World(world.engine, world.clock)
        deaf.leases = LeaseKeeper(world.engine, clock=world.clock, listen=False)
        deaf.gate = ConsentGate(deaf.leases, sources=SOURCES, authorize_url="https://consent.example/")
        deaf.leases.start()
        (decision,) = await deaf.gate.acquire([about("u1", "engagements")], asking())
        closing: list[asyncio.Future[None]] = []
        decision.permit.on_end(
            lambda: closing.append(asyncio.ensure_future(deaf.gate.acknowledge([decision.permit], asking())))
        )
        (grant,) = world.grants.of_worker(driver)
        assert (await world.grants.revoke(grant.id, by="worker", reason="worker")).status == "confirmed"
        await asyncio.gather(*closing)
        deaf.leases.close()
