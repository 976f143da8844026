"""Everything that ends a permission, and the wait until nothing runs under it any more.

    change committed ──notice──► permits end ──fetches cut, answers pruned──► leases closed ──► `confirmed`
                                                     └── a process is neither done nor proven dead ──► `stopping`

Revocation, expiry, replacement, a disabled client, an unlinked account, a suspended platform or actor and an erased
worker all go this way; they differ in the row that changes. The triggers in `ddl.py` write the notices.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, delete, insert, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from consent.columns import utc_now
from consent.inbox.models import ActorBlock, ConsentRequest
from consent.leases.keeper import LeaseKeeper
from consent.models import Actor, ClientGate, ConsentEvent, ConsentGrant, PlatformGate, SubjectGate, Worker
from consent.stops.durability import Disk
from consent.stops.journal import EndingsError
from consent.stops.open_leases import OpenLeases, Scope
from consent.stops.order import lock_stops
from consent.stops.two_trips import OneStatement, end_in_two_trips

_log = logging.getLogger(__name__)

DRAIN_SECONDS = 2.0
"""How long a stop waits for open leases before it answers `stopping`."""

_SETTLE_SECONDS = 0.002
_LONGEST_PAUSE_SECONDS = 0.008
_CLOSELY_SECONDS = 0.1
"""How long a stop keeps a thread, to look for what it waits for without a detour over the event loop."""
_WARM = 3
"""How many connections are made ready for stops at the start."""
_THREADS = 16
"""Threads for stops alone: in the shared ones a revocation would wait behind whatever else a busy process reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """How a stop went. `stopping`: `open_leases` are still held by processes that are neither done nor dead."""

    status: Literal["confirmed", "stopping"]
    waited_ms: float
    open_leases: int


class Stops:
    """Makes changes that end permissions and waits for them to take effect everywhere."""

    def __init__(
        self,
        engine: Engine,
        leases: LeaseKeeper,
        *,
        clock: Callable[[], datetime] = utc_now,
        drain: float = DRAIN_SECONDS,
        journal: Callable[[], None] | None = None,
    ) -> None:
        """`journal` writes down, outside the database, what has ended; it has returned before that is `confirmed`."""
        self._engine = engine
        self._disk = Disk(engine)
        self._open = OpenLeases(engine, clock=clock)
        self._journal = journal
        self._leases = leases
        self._clock = clock
        self._drain = drain
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="consent-stop")

    async def stop(
        self,
        scope: Scope,
        change: Callable[[Connection], bool | None],
        *,
        at_once: OneStatement | None = None,
        missed: Callable[[Connection], None] | None = None,
    ) -> Revocation:
        """Make `change` in a transaction of its own, then drain `scope`.

        `at_once` is the same change for PostgreSQL. `missed` is called where there was nothing to end: `change` has
        returned False then. It may raise: the stop ends with that.
        """
        return await self._settle(scope, _Change(scope, change, at_once, missed))

    async def drain(self, scope: Scope) -> Revocation:
        """Wait until no lease of `scope` is open. Call after the change was committed; may be called again."""
        return await self._settle(scope, None)

    async def warm_up(
        self, scope: Scope, change: Callable[[Connection], bool | None], *, at_once: OneStatement
    ) -> None:
        """Do once, to nobody, on some connections, what a stop may have to do: the first time of everything is slow."""
        await asyncio.get_running_loop().run_in_executor(
            self._threads, self._warm_up, _Change(scope, change, at_once, None)
        )

    def _warm_up(self, change: _Change) -> None:
        self._open.warm_up()
        with ExitStack() as opened:
            for connection in [opened.enter_context(self._engine.connect()) for _ in range(_WARM)]:
                self._open.count(change.scope, connection, self._commit(change, connection))
                self._disk.flush(connection)

    async def _settle(self, scope: Scope, change: _Change | None) -> Revocation:
        """Commit, and look for leases from the same thread for a while: every change of thread waits for a turn."""
        loop = asyncio.get_running_loop()
        wait = await loop.run_in_executor(self._threads, self._begin, scope, change)
        while wait.held and wait.passed() < self._drain:
            await asyncio.sleep(_LONGEST_PAUSE_SECONDS)
            await loop.run_in_executor(self._threads, self._look_again, wait)
        if wait.journaled is not None:
            await asyncio.wrap_future(wait.journaled)
        return Revocation(
            status="stopping" if wait.held else "confirmed", waited_ms=wait.passed() * 1000, open_leases=wait.held
        )

    def _begin(self, scope: Scope, change: _Change | None) -> _Wait:
        """Commit and look on one connection: a pool's next one costs as much as a look."""
        with self._engine.connect() as connection:
            if change is None:
                self._open.begin_looking(connection)
            seen = self._commit(change, connection) if change is not None else None
            self._leases.poke()
            wait = _Wait(scope)
            if self._journal is not None:
                wait.journaled = self._threads.submit(self._write_down, self._journal)
            self._look(wait, connection, seen)
            self._disk.flush(connection)  # while what runs is ending
            pause, closely = _SETTLE_SECONDS, min(self._drain, _CLOSELY_SECONDS)
            while wait.held and wait.passed() < closely:
                time.sleep(max(0.0, pause - wait.looked()))
                self._look(wait, connection)
                pause = min(pause * 1.2, _LONGEST_PAUSE_SECONDS / 2)
        return wait

    def _commit(self, change: _Change, connection: Connection) -> Sequence[Any] | None:
        """Make a change; leave a connection to look with, and return what has been seen of open leases already."""
        if change.at_once is None or self._engine.dialect.name != "postgresql":
            with connection.begin():
                lock_stops(connection, disk_later=True)
                if change.make(connection) is False and change.missed is not None:
                    change.missed(connection)
            self._open.begin_looking(connection)
            return None
        self._open.begin_looking(connection)
        ended, seen = end_in_two_trips(connection, change.at_once, self._open.look(change.scope))
        if not ended and change.missed is not None:
            change.missed(connection)
            connection.rollback()
        return seen

    def _look_again(self, wait: _Wait) -> None:
        self._leases.poke()  # the notice may have been lost
        with self._engine.connect() as connection:
            self._open.begin_looking(connection)
            self._look(wait, connection)

    def _look(self, wait: _Wait, connection: Connection, seen: Sequence[Any] | None = None) -> None:
        """Count what is still open, without what dead processes held."""
        wait.held = self._open.count(wait.scope, connection, seen)
        wait.looked_at = time.monotonic()

    async def close_platform(self, platform: str, *, reason: str) -> Revocation:
        """Suspend a platform at once."""

        def change(connection: Connection) -> None:
            connection.execute(
                update(PlatformGate)
                .where(col(PlatformGate.platform) == platform)
                .values(open=False, reason=reason, updated_at=self._clock())
            )
            self._record(connection, "consent:platform:close", {"platform": platform, "why": reason})

        return await self.stop(Scope("platform", platform), change)

    async def close_account(self, account_id: str, *, reason: str) -> Revocation:
        """Close one account. Account linking that closes it in its own transaction calls `drain` instead."""

        def change(connection: Connection) -> None:
            worker_id = connection.execute(
                update(SubjectGate)
                .where(col(SubjectGate.account_id) == account_id)
                .values(open=False, reason=reason, updated_at=self._clock())
                .returning(col(SubjectGate.worker_id))
            ).scalar_one_or_none()
            payload = {"account": account_id, "why": reason}
            self._record(connection, "consent:account:close", payload, worker_id=worker_id)

        return await self.stop(Scope("account", account_id), change)

    async def close_client(
        self, client_id: str, *, reason: str, by: str = "operator", by_id: str | None = None, **about: str
    ) -> Revocation:
        """Disable a client: nothing more is read by it, or under grants that were given through it.

        `about` is added to what the event says.
        """

        def change(connection: Connection) -> None:
            values = {"open": False, "reason": reason, "updated_at": self._clock()}
            done = connection.execute(update(ClientGate).where(col(ClientGate.client_id) == client_id).values(**values))
            if not done.rowcount:
                connection.execute(insert(ClientGate).values(client_id=client_id, **values))
            payload = {"client": client_id, "why": reason, **about}
            self._record(connection, "consent:client:close", payload, by=by, by_id=by_id)

        return await self.stop(Scope("client", client_id), change)

    async def suspend_actor(self, actor_id: str, *, by_id: str | None = None, **about: str) -> Revocation:
        """Suspend an actor with all its clients. `about` is added to what the event says."""

        def change(connection: Connection) -> None:
            connection.execute(update(Actor).where(col(Actor.id) == actor_id).values(status="suspended"))
            self._record(connection, "consent:actor:suspend", {"actor": actor_id, **about}, by_id=by_id)

        return await self.stop(Scope("actor", actor_id), change)

    async def erase_worker(self, worker_id: str) -> Revocation:
        """Mark a worker as erased, end their grants, close their accounts' gates, empty their inbox. Final."""

        def change(connection: Connection) -> None:
            now = self._clock()
            connection.execute(
                update(Worker).where(col(Worker.id) == worker_id).values(status="erased", display_name=None)
            )
            connection.execute(
                update(ConsentGrant)
                .where(col(ConsentGrant.worker_id) == worker_id, col(ConsentGrant.status) == "active")
                .values(status="invalidated", ended_at=now, end_reason="erased", epoch=ConsentGrant.epoch + 1)
            )
            connection.execute(
                update(SubjectGate)
                .where(col(SubjectGate.worker_id) == worker_id)
                .values(open=False, reason="erased", updated_at=now)
            )
            connection.execute(
                update(ConsentRequest).where(col(ConsentRequest.worker_id) == worker_id).values(worker_id=None)
            )
            connection.execute(delete(ActorBlock).where(col(ActorBlock.worker_id) == worker_id))
            self._record(connection, "consent:worker:erase", {}, worker_id=worker_id, by="worker")

        return await self.stop(Scope("worker", worker_id), change)

    def _record(
        self,
        connection: Connection,
        event: str,
        payload: dict[str, str],
        *,
        worker_id: str | None = None,
        by: str = "operator",
        by_id: str | None = None,
    ) -> None:
        connection.execute(
            insert(ConsentEvent).values(
                at=self._clock(), type=event, worker_id=worker_id, by_kind=by, by_id=by_id, payload=payload
            )
        )

    def _write_down(self, journal: Callable[[], None]) -> None:
        """What has ended has ended: a journal that cannot be written is an operator's alarm, not a worker's."""
        try:
            journal()
        except (OSError, SQLAlchemyError, EndingsError) as error:
            _log.error("consent:endings:fail", extra={"error": type(error).__name__})


@dataclass(frozen=True, slots=True)
class _Change:
    """What `Stops.stop` is asked for."""

    scope: Scope
    make: Callable[[Connection], bool | None]
    at_once: OneStatement | None = None
    missed: Callable[[Connection], None] | None = None


class _Wait:
    """A stop that was committed: what is still open, and what is being written down of it."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.journaled: Future[None] | None = None
        self.held = 0
        self._began = self.looked_at = time.monotonic()

    def passed(self) -> float:
        """Return the seconds since the commit."""
        return time.monotonic() - self._began

    def looked(self) -> float:
        """Return the seconds since the last look."""
        return time.monotonic() - self.looked_at
