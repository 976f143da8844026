"""Everything that ends a permission, and the wait until nothing runs under it any more.

    change committed ──notice──► permits end ──fetches cut, answers pruned──► leases closed ──► `confirmed`
                                                     └── a process is neither done nor proven dead ──► `stopping`

Revocation, expiry, replacement, a disabled client, an unlinked account, a suspended platform or actor and an erased
worker all go this way; they differ in the row that changes. The triggers in `ddl.py` write the notices.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, Engine, bindparam, delete, insert, or_, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import SQLModel, col

from consent.columns import utc_now
from consent.ddl import STOP_LOCK
from consent.inbox.models import ActorBlock, ConsentRequest
from consent.leases.keeper import LeaseKeeper
from consent.leases.liveness import AdvisoryProof, take_dead_file
from consent.models import (
    AccessEvent,
    Actor,
    ClientGate,
    ConsentEvent,
    ConsentGrant,
    FetchLease,
    GatewayProcess,
    PlatformGate,
    SubjectGate,
    Worker,
    new_id,
)

_log = logging.getLogger(__name__)

Kind = Literal["grant", "account", "platform", "client", "worker", "actor"]

DRAIN_SECONDS = 2.0
"""How long a stop waits for open leases before it answers `stopping`."""

_SETTLE_SECONDS = 0.002
_LONGEST_PAUSE_SECONDS = 0.008
_THREADS = 8
"""Threads for stops alone: in the shared ones a revocation would wait behind whatever else a busy process reads."""
_SUSPECT_SECONDS = 0.06
"""How often processes that hold leases are suspected of being dead, and their proof of life is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """How a stop went. `stopping`: `open_leases` are still held by processes that are neither done nor dead."""

    status: Literal["confirmed", "stopping"]
    waited_ms: float
    open_leases: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What is stopped: all leases of one grant, account, platform, client, worker or actor."""

    kind: Kind
    ref: str


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
        self._looking = engine.execution_options(read_only=True)
        if engine.dialect.name == "postgresql":
            # One statement needs no transaction, which would be two round trips more for each look.
            self._looking = self._looking.execution_options(isolation_level="AUTOCOMMIT")
        self._journal = journal
        self._leases = leases
        self._clock = clock
        self._drain = drain
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="consent-stop")

    async def stop(self, scope: Scope, change: Callable[[Connection], object]) -> Revocation:
        """Make `change` in a transaction of its own, then drain `scope`."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._commit, change)
        return await self.drain(scope)

    async def drain(self, scope: Scope) -> Revocation:
        """Wait until no lease of `scope` is open. Call after the change was committed; may be called again."""
        if self._journal is None:
            return await self._wait(scope)
        written = asyncio.get_running_loop().run_in_executor(self._threads, self._write_down, self._journal)
        revocation, _ = await asyncio.gather(self._wait(scope), written)
        return revocation

    async def _wait(self, scope: Scope) -> Revocation:
        started, loop = time.monotonic(), asyncio.get_running_loop()
        pause, suspect_at = _SETTLE_SECONDS, _SUSPECT_SECONDS
        while True:
            self._leases.poke()
            waited = time.monotonic() - started
            is_late = waited >= suspect_at
            if is_late:
                suspect_at = waited + _SUSPECT_SECONDS
            held = await loop.run_in_executor(self._threads, self._held, scope, is_late)
            waited = time.monotonic() - started
            if not held:
                return Revocation(status="confirmed", waited_ms=waited * 1000, open_leases=0)
            if waited >= self._drain:
                return Revocation(status="stopping", waited_ms=waited * 1000, open_leases=held)
            await asyncio.sleep(pause)
            pause = min(pause * 1.2, _LONGEST_PAUSE_SECONDS)

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

    def _commit(self, change: Callable[[Connection], object]) -> None:
        with self._engine.connect() as connection:
            # With WAL and synchronous=NORMAL the last commits are lost when the power fails: not this one.
            driver = connection.connection.driver_connection if connection.dialect.name == "sqlite" else None
            if driver is not None:
                driver.execute("PRAGMA synchronous=FULL")
            try:
                with connection.begin():
                    lock_stops(connection)
                    change(connection)
            finally:
                if driver is not None:
                    driver.execute("PRAGMA synchronous=NORMAL")

    @staticmethod
    def _write_down(journal: Callable[[], None]) -> None:
        """What has ended has ended: a journal that cannot be written is an operator's alarm, not a worker's."""
        try:
            journal()
        except (OSError, SQLAlchemyError) as error:
            _log.error("consent:endings:fail", extra={"error": type(error).__name__})

    def _held(self, scope: Scope, reap: bool) -> int:
        """Count the open leases of `scope`; with `reap`, after taking away those of processes proven dead."""
        by_process = self._count(scope)
        if not reap:
            return sum(by_process.values())
        others = [number for number in by_process if number != self._leases.process_id]
        if others and any(self._reap(number) for number in others):
            by_process = self._count(scope)
        return sum(by_process.values())

    def _count(self, scope: Scope) -> dict[int, int]:
        leases = SQLModel.metadata.tables["fetch_lease"].c
        test = leases[f"{scope.kind}_id" if scope.kind != "platform" else "platform"] == bindparam("ref")
        if scope.kind == "client":
            granted = select(col(ConsentGrant.id)).where(col(ConsentGrant.client_id) == bindparam("ref"))
            test = or_(test, leases.grant_id.in_(granted))
        with self._looking.connect() as connection:
            rows = connection.execute(select(leases.process_id).where(test), {"ref": scope.ref}).all()
        counts: dict[int, int] = {}
        for (number,) in rows:
            counts[number] = counts.get(number, 0) + 1
        return counts

    def _reap(self, number: int) -> bool:
        """Take away the leases of process `number` if its lock proves it dead; each leaves a line in the log."""
        with self._looking.connect() as connection:
            row = connection.execute(
                select(col(GatewayProcess.kind), col(GatewayProcess.proof)).where(col(GatewayProcess.id) == number)
            ).one_or_none()
        if row is None:
            return False
        if row.kind == AdvisoryProof.kind:
            with self._engine.begin() as connection:
                key = {"key": int(row.proof)}
                if not connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), key).scalar():
                    return False
                self._bury(connection, number)
            return True
        database = self._engine.url.database
        if row.kind != "file_lock" or not database:
            return False
        folder = Path(database).resolve().parent
        descriptor = take_dead_file(folder, row.proof)  # nearly always refused: no write lock is taken for it
        if descriptor is None:
            return False
        try:
            with self._engine.begin() as connection:
                self._bury(connection, number)
            with suppress(OSError):
                (folder / row.proof).unlink()
        finally:
            os.close(descriptor)
        return True

    def _bury(self, connection: Connection, number: int) -> None:
        share_stops(connection)
        now = self._clock()
        orphans = connection.execute(
            delete(FetchLease)
            .where(col(FetchLease.process_id) == number)
            .returning(*SQLModel.metadata.tables["fetch_lease"].c)
        ).all()
        granted = {row.grant_id for row in orphans if row.grant_id is not None}
        purposes = {
            row.id: row.purpose
            for row in connection.execute(
                select(col(ConsentGrant.id), col(ConsentGrant.purpose)).where(col(ConsentGrant.id).in_(granted))
            )
        }
        events = [
            {
                "at": now,
                "worker_id": row.worker_id,
                "actor_id": row.actor_id,
                "client_id": row.client_id,
                "grant_id": row.grant_id,
                "lease_id": row.id,
                "purpose": purposes.get(row.grant_id or "", "self"),
                "platform": row.platform,
                "account_id": row.account_id,
                "category": category,
                "decision": "allow",
                "reason": "PROCESS_DIED",
                "salt": new_id(),
            }
            for row in orphans
            for category in row.categories.split()
        ]
        if events:
            connection.execute(insert(AccessEvent), events)
        connection.execute(
            update(GatewayProcess)
            .where(col(GatewayProcess.id) == number, col(GatewayProcess.ended_at).is_(None))
            .values(ended_at=now.astimezone(UTC))
        )


def share_stops(connection: Connection) -> None:
    """Take that lock shared, before a transaction writes an event: the audit log waits for it to be complete."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": STOP_LOCK})


def lock_stops(connection: Connection) -> None:
    """Take the lock that orders stops against leases, before a transaction changes the first row.

    On SQLite `BEGIN IMMEDIATE` has done it. On PostgreSQL the triggers would take it too, but later: two stops
    that change several rows each could then wait for each other.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": STOP_LOCK})
