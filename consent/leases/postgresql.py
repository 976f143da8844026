"""Lease transactions on PostgreSQL, in as few trips as can be: each trip there and back waits for two processors.

A transaction that decides is two: one begins it, takes the lock, reads what has been stopped and what the decisions
rest on; the other writes and commits. One that has nothing to decide is a single one. So statements are prepared by
name when the connection is made, and several are executed by one message of the simple query protocol, whose
statements each have a snapshot of their own (READ COMMITTED): what follows the lock sees what was committed before it
was given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from psycopg.pq import Escaping
from sqlalchemy import Engine

from consent.bulk_insert import insert_statement, rows_as_json
from consent.columns import utc_now
from consent.ddl import STOP_LOCK
from consent.leases.liveness import AdvisoryProof, Proof
from consent.leases.statements import EVENT_COLUMNS, LEASE_COLUMNS, STATEMENTS, Call, Rows, expand
from consent.leases.store import FactKeys, FactRows, LeaseStore, LeaseStoreError, compare_clocks, fact_calls

_BEGIN = ("BEGIN ISOLATION LEVEL READ COMMITTED", f"SELECT pg_advisory_xact_lock_shared({STOP_LOCK})")
_WITHOUT_THE_DISK = "SET LOCAL synchronous_commit TO off"
_PARAMETERS: Mapping[str, str] = {
    "stops": "bigint",
    "accounts": "json",
    "grants": "json, json, json",
    "parties": "json, json",
    "ended": "json, json, int",
    "items": "json",
    "terms": "json",
    "register": "text, text, text, text, timestamptz",
    "prove": "bigint",
    "disown": "bigint",
    "end": "bigint, timestamptz",
    "close": "json",
    "lease": "json",
    "log": "json",
}
_SQL: Mapping[str, str] = {
    **{
        name: expand(
            sql,
            each_of=r"SELECT json_array_elements_text(\1)",
            is_among=r"= ANY(ARRAY(SELECT json_array_elements_text(\1)))",
        )
        for name, sql in STATEMENTS.items()
    },
    "close": "DELETE FROM fetch_lease WHERE id = ANY(ARRAY(SELECT json_array_elements_text($1)::bigint))",
    "lease": insert_statement("fetch_lease", LEASE_COLUMNS, "$1"),
    "log": insert_statement("access_event", EVENT_COLUMNS, "$1"),
}
_PREPARE = "; ".join(f"PREPARE gigway_{name} ({_PARAMETERS[name]}) AS {sql}" for name, sql in _SQL.items())
_TRIGGERS = (
    "SELECT tgname FROM pg_trigger WHERE pg_table_is_visible(tgrelid) AND tgenabled IN ('O', 'A') "
    "AND tgname = ANY(ARRAY(SELECT json_array_elements_text(%s::json)))"
)


class PostgresqlLeaseStore(LeaseStore):
    """Leases in a server."""

    def __init__(self, engine: Engine, *, master_keys: str = "") -> None:
        self._unsent: tuple[str, ...] = ()
        self._ahead: FactKeys | None = None
        self._stopped: Rows | None = None
        self._facts: FactRows | None = None
        super().__init__(engine, master_keys=master_keys)

    def begin(self, ahead: FactKeys | None = None) -> bool:
        """Begin with whatever is sent next. Nobody vouches for it that nobody else has written."""
        self._unsent, self._ahead, self._stopped, self._facts = _BEGIN, ahead, None, None
        return True

    def stops(self) -> list[tuple[str, str]]:
        """Return what ended since the last call; the first time in a transaction, read what is asked `ahead` too."""
        if self._unsent:
            keys = self._ahead
            self._stopped, *facts = self._ask([self._newest, *(fact_calls(keys) if keys is not None else ())])
            if keys is not None:
                self._facts = self._understand(keys, facts)
        elif self._stopped is None:
            (self._stopped,) = self._ask([self._newest])
        rows, self._stopped = self._stopped, None
        return self._take_in(self.seen, rows)

    def facts(self, keys: FactKeys) -> FactRows:
        """Return what decisions rest on, read ahead if it was."""
        return self._facts if self._facts is not None and keys == self._ahead else super().facts(keys)

    def instant(self, value: datetime) -> str:
        """Return `value` in ISO 8601."""
        return value.isoformat()

    def write(
        self, *, leases: Sequence[Sequence[object]], events: Sequence[Sequence[object]], closed: Sequence[int]
    ) -> None:
        """Write and commit. Where nothing has been asked yet, this is the whole transaction: then look at `stops`."""
        calls: list[Call] = []
        if self._unsent:
            calls.append(self._newest)
        if closed:
            calls.append(("close", (orjson.dumps(closed).decode(),)))
        if leases:
            calls.append(("lease", (rows_as_json(LEASE_COLUMNS, leases),)))
        if events:
            calls.append(("log", (rows_as_json(EVENT_COLUMNS, events),)))
        is_whole = bool(self._unsent)
        found = self._send([*self._execute(calls), *(() if events else (_WITHOUT_THE_DISK,)), "COMMIT"])
        self._stopped = found[0] if is_whole else None
        self._ahead = self._facts = None

    @property
    def wants_checkpoint(self) -> bool:
        """Never: the server does it."""
        return False

    def checkpoint(self) -> None:
        """Do nothing."""

    def check_clock(self) -> None:
        """Compare with the server's clock."""
        (now,) = self._cursor.execute("SELECT clock_timestamp()").fetchone()
        compare_clocks(utc_now(), now)

    def _set_up(self) -> None:
        self._connection.rollback()
        self._connection.autocommit = True
        self._escaping = Escaping(self._connection.pgconn)
        self._encoding: str = self._connection.info.encoding
        self._send([_PREPARE])

    def _take_proof(self) -> Proof:
        proof = AdvisoryProof()
        self._cursor.execute("SELECT pg_try_advisory_lock(%s)", (proof.key,))
        if not self._cursor.fetchone()[0]:
            raise LeaseStoreError("LEASES_NO_PROOF", "The lock that proves this process alive is taken.")
        return proof

    @property
    def _newest(self) -> Call:
        return "stops", (self.seen.seq,)

    def _ask(self, calls: Sequence[Call]) -> list[Rows]:
        return self._send(list(self._execute(calls)))

    def _execute(self, calls: Sequence[Call]) -> Iterator[str]:
        for name, parameters in calls:
            yield f"EXECUTE gigway_{name}({', '.join(map(self._literal, parameters))})"

    def _literal(self, value: object) -> str:
        if value is None or isinstance(value, int):
            return "NULL" if value is None else str(value)
        return self._escaping.escape_literal(str(value).encode(self._encoding)).decode(self._encoding)

    def _send(self, statements: Sequence[str]) -> list[Rows]:
        """Execute `statements`, after what has not been sent, in one trip; return the rows of those that have any."""
        cursor, unsent = self._cursor, self._unsent
        self._unsent = ()
        cursor.execute("; ".join([*unsent, *statements]), prepare=False)
        found: list[Rows] = []
        while True:
            if cursor.description is not None:
                found.append(cursor.fetchall())
            if not cursor.nextset():
                return found[1:] if unsent else found  # the lock is the first to answer

    def _triggers(self, names: str) -> set[str]:
        return {row[0] for row in self._cursor.execute(_TRIGGERS, (names,)).fetchall()}

    def _from_instant(self, value: Any) -> datetime:
        instant: datetime = value.astimezone(UTC)
        return instant

    def _is_open(self) -> bool:
        self._connection.rollback()
        self._cursor.execute("SELECT 1")
        return True

    def _forget_what_is_known(self) -> None:
        self._unsent, self._ahead, self._stopped, self._facts = (), None, None, None
