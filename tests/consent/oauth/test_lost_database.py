"""The database goes away, or is full, in the middle of a grant or its end: nothing is half-written or let through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from consent.ddl import STOP_LOCK
from consent.grants.lifecycle import GrantService
from consent.oauth.access import AccessTokens
from consent.oauth.authorization import Pending, SendBack
from gateway.storage.database import create_database_engine
from tests.consent.conftest import BACKENDS, World, about, asking

WRITTEN = ("consent_grant", "grant_item", "auth_code", "consent_event")
MakeRoom = Callable[[], None]


def _counts(engine: Engine) -> dict[str, int]:
    with engine.execution_options(read_only=True).connect() as connection:
        return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in WRITTEN}


@pytest.fixture
def fill_disk(engine: Engine) -> Iterator[Callable[[], MakeRoom]]:
    """A function that fills the disk as the database sees it, and returns one that makes room again.

    SQLite gets no page more than it has. PostgreSQL answers what it answers when its disk is full.
    """
    undo: list[MakeRoom] = []

    def fill() -> MakeRoom:
        undo.append(_fill_sqlite(engine) if engine.dialect.name == "sqlite" else _fill_postgresql(engine))
        return undo[-1]

    yield fill
    for make_room in undo:
        make_room()


def _fill_sqlite(engine: Engine) -> MakeRoom:
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(engine, "connect", limit)
    engine.dispose()

    def make_room() -> None:
        if event.contains(engine, "connect", limit):
            event.remove(engine, "connect", limit)
            engine.dispose()

    return make_room


def _fill_postgresql(engine: Engine) -> MakeRoom:
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$"
        )
        for table in ("consent_event", "stop_notice", "fetch_lease", "access_event"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER aaa BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION disk_is_full()"
            )

    def make_room() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION IF EXISTS disk_is_full() CASCADE")

    return make_room


def test_a_full_disk_leaves_no_half_a_grant(server: Any, fill_disk: Callable[[], MakeRoom]) -> None:
    waiting = [server.begin() for _ in range(30)]
    make_room = fill_disk()
    for handle in waiting:
        before = _counts(server.engine)
        try:
            assert isinstance(server.approve(handle), SendBack)
        except SQLAlchemyError:
            break
    else:
        raise AssertionError("the disk never got full")
    assert _counts(server.engine) == before
    make_room()
    assert isinstance(server.authorizations.load(handle), Pending), "it was not answered"
    assert isinstance(server.approve(handle), SendBack)


@pytest.mark.anyio
async def test_a_full_disk_lets_nothing_through_and_confirms_nothing(
    world: World, fill_disk: Callable[[], MakeRoom]
) -> None:
    """Reading needs a lease, and a revocation that cannot be written down is not confirmed."""
    world.actor()
    worker = world.worker(("u1", "uber"))
    grants = [world.give(worker, [("uber", "engagements")]) for _ in range(30)]
    world.leases.close()
    make_room = fill_disk()
    full = World(world.engine, world.clock)
    try:
        full.leases.start()
    except Exception:
        make_room()  # not even the process can write that it lives: it does not start
        full.leases.start()
        fill_disk()
    refused = []
    for grant in grants:
        try:
            await full.grants.revoke(grant.id, by="worker", reason="page")
        except SQLAlchemyError:
            refused.append(grant.id)
    assert refused
    open_now: list[Any] = []
    for _ in range(200):
        (decision,) = await full.gate.acquire([about("u1", "engagements")], asking())
        if decision.permit is None:
            break
        open_now.append(decision.permit)
    else:
        raise AssertionError("the disk never got full")
    assert decision.denied["gig:engagements"].extensions["reason"] == "UNDECIDED"
    make_room()
    full.leases.close()
    again = World(world.engine, world.clock)
    again.leases.start()
    for grant_id in refused:
        assert (await again.grants.revoke(grant_id, by="worker", reason="page")).status == "confirmed"
    again.leases.close()


@pytest.mark.anyio
async def test_a_token_is_asked_for_in_vain_while_the_server_is_gone(server: Any) -> None:
    """The failure is the database's, and so answered with 503, not with 500."""
    gone = create_database_engine("postgresql://nobody@127.0.0.1:9/nothing")
    with pytest.raises(OperationalError):
        await AccessTokens(gone, server.settings).authenticate(
            f"Bearer {server.redeem(server.code()).json()['access_token']}"
        )
    gone.dispose()


if "postgresql" in BACKENDS:  # a SQLite database has no server that could go away

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    @pytest.mark.parametrize("when", ["INSERT INTO consent_grant", "INSERT INTO grant_item", "INSERT INTO auth_code"])
    def test_a_server_that_goes_away_leaves_no_half_a_grant(server: Any, when: str) -> None:
        handle, before = server.begin(), _counts(server.engine)
        admin = create_database_engine(server.engine.url.render_as_string(hide_password=False))

        def go_away(connection: Any, _: Any, statement: str, *__: Any) -> None:
            if statement.startswith(when):
                pid = connection.connection.driver_connection.info.backend_pid
                with admin.connect() as killer:
                    assert killer.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}).scalar()

        event.listen(server.engine, "before_cursor_execute", go_away)
        try:
            with pytest.raises(SQLAlchemyError):
                server.approve(handle)
        finally:
            event.remove(server.engine, "before_cursor_execute", go_away)
            admin.dispose()
        assert _counts(server.engine) == before
        assert isinstance(server.approve(handle), SendBack)
        assert _counts(server.engine)["consent_grant"] == before["consent_grant"] + 1

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    @pytest.mark.anyio
    async def test_a_server_that_goes_away_during_a_revocation_confirms_nothing(server: Any, world: World) -> None:
        """It goes when the revocation has the lock, for which all others wait, and is about to end the grant."""
        code = server.code()
        assert code
        (grant,) = world.grants.of_worker(server.worker_id)
        admin = create_database_engine(server.engine.url.render_as_string(hide_password=False))
        holder = text(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND mode = 'ExclusiveLock' AND (CAST(classid AS bigint) << 32) + CAST(objid AS bigint) = :key"
        )

        def go_away() -> datetime:
            with admin.connect() as killer:
                assert killer.execute(holder, {"key": STOP_LOCK}).scalar_one()
            return world.clock()

        failing = GrantService(world.engine, world.stops, clock=go_away)
        with pytest.raises(OperationalError):
            await failing.revoke(grant.id, by="worker", reason="page")
        admin.dispose()
        assert world.grants.find(grant.id).status == "active"  # type: ignore[union-attr]
        assert (await world.grants.revoke(grant.id, by="worker", reason="page")).status == "confirmed"
