"""The leases that are still open under what is being stopped. Those of processes proven dead are taken away."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Select,
    and_,
    bindparam,
    cast,
    func,
    null,
    or_,
    select,
)
from sqlmodel import SQLModel, col

from consent.driver_statement import DriverStatement, Values
from consent.leases.liveness import AdvisoryProof, FileProof, take_dead_file
from consent.models import ConsentGrant
from consent.stops.burial import bury, bury_in_two_trips

Kind = Literal["grant", "account", "platform", "client", "worker", "actor"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is stopped: all leases of one grant, account, platform, client, worker or actor."""

    kind: Kind
    ref: str


class OpenLeases:
    """Counts open leases."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def begin_looking(self, connection: Connection) -> None:
        """Make `connection`, which is in no transaction, one to `count` with. It keeps that until it is closed."""
        connection.execution_options(read_only=True)
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT")  # as of all that only reads

    def look(self, scope: Scope) -> tuple[DriverStatement, Values]:
        """Return the statement, with its parameters, whose rows tell `count` who holds leases of `scope`."""
        return _HOLDERS[scope.kind], {"ref": scope.ref}

    def count(self, scope: Scope, connection: Connection, seen: Sequence[Any] | None = None) -> int:
        """Count the open leases of `scope`, after taking away those of processes proven dead.

        `seen` is what `look` has found a moment ago, if it has been asked already.
        """
        return sum(each.leases for each in self._holders(scope, connection, seen) if not self._reap(each))

    def _holders(self, scope: Scope, connection: Connection, seen: Sequence[Any] | None = None) -> list[_Holder]:
        if seen is None:
            statement, values = self.look(scope)
            try:
                seen = statement.rows(connection, values)
            finally:
                connection.rollback()
        return [_Holder(id=number, leases=leases, proof=proof, dead=dead) for number, leases, proof, dead in seen]

    def _reap(self, holder: _Holder) -> bool:
        """Take away the leases of a process if its lock proves it dead; each leaves a line in the log."""
        if holder.proof is None:
            return False
        if self._engine.dialect.name == "postgresql":
            if not holder.dead:
                return False
            with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                return bury_in_two_trips(connection, holder.id, int(holder.proof), self._clock)
        database = self._engine.url.database
        if not database:
            return False
        folder = Path(database).resolve().parent
        descriptor = take_dead_file(folder, holder.proof)  # nearly always refused: no write lock is taken for it
        if descriptor is None:
            return False
        try:
            with self._engine.begin() as connection:
                bury(connection, holder.id, self._clock())
            with suppress(OSError):
                (folder / holder.proof).unlink()
        finally:
            os.close(descriptor)
        return True

    def warm_up(self) -> None:
        """Do once, to no process, what takes the leases of a dead one away: the first time is slow."""
        if self._engine.dialect.name == "postgresql":
            with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                bury_in_two_trips(connection, 0, 0, self._clock)
            return
        with self._engine.begin() as connection:
            bury(connection, 0, self._clock())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Holder:
    """A process with open leases. `dead`: its lock could be taken, on PostgreSQL, where looking tells that too."""

    id: int
    leases: int
    proof: str | None
    dead: bool | None


def _holders(kind: Kind, dialect: str) -> Select[Any]:
    """Return the query for the processes that hold leases of a scope. Its parameter is `ref`."""
    tables = SQLModel.metadata.tables
    leases, processes = tables["fetch_lease"].c, tables["gateway_process"].c
    test = leases[f"{kind}_id" if kind != "platform" else "platform"] == bindparam("ref")
    if kind == "client":
        granted = select(col(ConsentGrant.id)).where(col(ConsentGrant.client_id) == bindparam("ref"))
        test = or_(test, leases.grant_id.in_(granted))
    held = (
        select(leases.process_id, func.count().label("leases")).where(test).group_by(leases.process_id).subquery("held")
    )
    is_postgresql = dialect == "postgresql"
    # A lock that one statement takes is free again after it; of a process that lives none can be taken.
    dead = func.pg_try_advisory_xact_lock(cast(processes.proof, BigInteger)) if is_postgresql else null()
    proof_kind = AdvisoryProof.kind if is_postgresql else FileProof.kind
    return select(held.c.process_id, held.c.leases, processes.proof, dead.label("dead")).select_from(
        held.outerjoin(tables["gateway_process"], and_(processes.id == held.c.process_id, processes.kind == proof_kind))
    )


_HOLDERS: dict[Kind, DriverStatement] = {kind: DriverStatement(partial(_holders, kind)) for kind in get_args(Kind)}
