"""The leases that are still open under what is being stopped. Those of processes proven dead are taken away."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Select, bindparam, delete, insert, or_, select, text, update
from sqlmodel import SQLModel, col

from consent.leases.liveness import AdvisoryProof, take_dead_file
from consent.models import AccessEvent, ConsentGrant, FetchLease, GatewayProcess, new_id
from consent.stops.order import share_stops

Kind = Literal["grant", "account", "platform", "client", "worker", "actor"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is stopped: all leases of one grant, account, platform, client, worker or actor."""

    kind: Kind
    ref: str


class OpenLeases:
    """Counts open leases. `here` returns the number of this process."""

    def __init__(self, engine: Engine, here: Callable[[], int | None], *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._here = here
        self._clock = clock
        self._looking = engine.execution_options(read_only=True)
        if engine.dialect.name == "postgresql":
            # One statement needs no transaction, which would be two round trips more for each look.
            self._looking = self._looking.execution_options(isolation_level="AUTOCOMMIT")

    def count(self, scope: Scope, *, reap: bool = False) -> int:
        """Count the open leases of `scope`; with `reap`, after taking away those of processes proven dead."""
        by_process = self._count(scope)
        if not reap:
            return sum(by_process.values())
        others = [number for number in by_process if number != self._here()]
        if others and any(self._reap(number) for number in others):
            by_process = self._count(scope)
        return sum(by_process.values())

    def _count(self, scope: Scope) -> dict[int, int]:
        with self._looking.connect() as connection:
            rows = connection.execute(_holders(scope.kind), {"ref": scope.ref}).all()
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
                bury(connection, number, self._clock())
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
                bury(connection, number, self._clock())
            with suppress(OSError):
                (folder / row.proof).unlink()
        finally:
            os.close(descriptor)
        return True


def bury(connection: Connection, number: int, now: datetime) -> None:
    """Take away the leases of process `number`, which is proven dead; each leaves a line in the log."""
    share_stops(connection)
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


@cache
def _holders(kind: Kind) -> Select[Any]:
    """Return the query for the processes that hold leases of a scope, once for each lease. Its parameter is `ref`."""
    leases = SQLModel.metadata.tables["fetch_lease"].c
    test = leases[f"{kind}_id" if kind != "platform" else "platform"] == bindparam("ref")
    if kind == "client":
        granted = select(col(ConsentGrant.id)).where(col(ConsentGrant.client_id) == bindparam("ref"))
        test = or_(test, leases.grant_id.in_(granted))
    return select(leases.process_id).where(test)
