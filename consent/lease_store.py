"""The statements of the lease transactions, on one dedicated connection, straight on the driver.

This is the hot path of the gate, so it goes round SQLAlchemy's statement layer; the SQL is the same for both
databases but for placeholders, lists and the form of an instant, which `_Dialect` translates.
A `LeaseStore` is used by one thread only. Its connection also holds the process's proof of life on PostgreSQL.
"""
# ruff: noqa: S608 - statements are put together from constants of this module only

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from consent.ddl import STOP_LOCK, create_statements
from consent.decision import GrantState, GrantTerms
from consent.liveness import LOCK_CLASS, AdvisoryProof, FileProof, Proof, host_name


class LeaseStoreError(Exception):
    """The database cannot keep leases: `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class AccountFact:
    """An account's gate and its platform's."""

    worker_id: str
    platform: str
    open: bool
    platform_open: bool


@dataclass(frozen=True, slots=True)
class _Dialect:
    begin: tuple[str, ...]
    list_test: str
    to_list: Callable[[Iterable[str]], object]
    to_instant: Callable[[datetime], object]
    from_instant: Callable[[Any], datetime]
    placeholder: str


def _sqlite_instant(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


_SQLITE = _Dialect(
    begin=("BEGIN IMMEDIATE",),
    list_test="IN (SELECT value FROM json_each(?))",
    to_list=lambda values: json.dumps(list(values)),
    to_instant=_sqlite_instant,
    from_instant=lambda value: datetime.fromisoformat(value).replace(tzinfo=UTC),
    placeholder="?",
)
_POSTGRESQL = _Dialect(
    begin=("BEGIN ISOLATION LEVEL READ COMMITTED", f"SELECT pg_advisory_xact_lock_shared({STOP_LOCK})"),
    list_test="= ANY(%s)",
    to_list=lambda values: list(values),
    to_instant=lambda value: value,
    from_instant=lambda value: value.astimezone(UTC),
    placeholder="%s",
)

_LEASE_COLUMNS = (
    "id, process_id, grant_id, worker_id, actor_id, client_id, account_id, platform, categories, started_at"
)
_EVENT_COLUMNS = (
    "at, worker_id, actor_id, client_id, grant_id, lease_id, purpose, platform, account_id, category, "
    "decision, reason, records, repeats, request_id, token_ref, salt"
)


class LeaseStore:
    """One connection, one process identity. Any driver error leaves it unusable: make a new one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._dialect = _SQLITE if self._is_sqlite else _POSTGRESQL
        pooled = engine.raw_connection()
        driver = pooled.driver_connection
        pooled.detach()
        if driver is None:
            raise LeaseStoreError("LEASES_NO_CONNECTION", "The database gave no connection for leases.")
        if self._is_sqlite:
            driver.isolation_level = None
        else:
            driver.rollback()
            driver.autocommit = True
        self._connection: Any = driver
        self._cursor: Any = driver.cursor()
        self._terms: dict[str, GrantTerms] = {}
        self._sql: dict[str, str] = {}
        self._check_triggers()
        self.process_id, self._proof = self._register()
        self.seen = self._scalar("SELECT COALESCE(MAX(seq), 0) FROM stop_notice")

    @property
    def proof(self) -> Proof:
        """What this process holds while it lives."""
        return self._proof

    def begin(self) -> None:
        """Start a lease transaction: from now to its end no permission is ended by anyone."""
        for statement in self._dialect.begin:
            self._cursor.execute(statement)

    def commit(self) -> None:
        """End the transaction; what it wrote is durable as far as the database's settings say."""
        self._cursor.execute("COMMIT")

    def stops(self) -> list[tuple[str, str]]:
        """Return what ended since the last call, as (kind, reference), oldest first."""
        rows = self._rows("SELECT seq, kind, ref FROM stop_notice WHERE seq > ? ORDER BY seq", (self.seen,))
        if rows:
            self.seen = rows[-1][0]
        return [(kind, ref) for _, kind, ref in rows]

    def accounts(self, ids: Collection[str]) -> dict[str, AccountFact]:
        """Return the gates of accounts."""
        rows = self._rows(
            "SELECT s.account_id, s.worker_id, s.platform, s.open, p.open FROM subject_gate s "
            "LEFT JOIN platform_gate p ON p.platform = s.platform WHERE s.account_id IN_LIST",
            (self._dialect.to_list(ids),),
        )
        return {row[0]: AccountFact(row[1], row[2], bool(row[3]), bool(row[4])) for row in rows}

    def live_workers(self, ids: Collection[str]) -> set[str]:
        """Return those of `ids` that are workers and not erased."""
        rows = self._rows("SELECT id FROM worker WHERE id IN_LIST AND status = 'active'", (self._dialect.to_list(ids),))
        return {row[0] for row in rows}

    def live_actors(self, ids: Collection[str]) -> set[str]:
        """Return those of `ids` that are actors and not suspended."""
        rows = self._rows("SELECT id FROM actor WHERE id IN_LIST AND status = 'active'", (self._dialect.to_list(ids),))
        return {row[0] for row in rows}

    def closed_clients(self, ids: Collection[str]) -> set[str]:
        """Return those of `ids` that are disabled."""
        rows = self._rows(
            "SELECT client_id FROM client_gate WHERE client_id IN_LIST AND NOT open", (self._dialect.to_list(ids),)
        )
        return {row[0] for row in rows}

    def grants(
        self, workers: Collection[str], actors: Collection[str], *, live: bool
    ) -> dict[tuple[str, str], list[GrantState]]:
        """Return grants by (worker, actor): those in force, or all that have ended."""
        rows = self._rows(
            "SELECT id, expires_at, status FROM consent_grant WHERE worker_id IN_LIST AND actor_id IN_LIST "
            f"AND status {'=' if live else '<>'} 'active'",
            (self._dialect.to_list(workers), self._dialect.to_list(actors)),
        )
        self._load_terms([row[0] for row in rows if row[0] not in self._terms])
        found: dict[tuple[str, str], list[GrantState]] = {}
        for grant_id, expires_at, status in rows:
            terms = self._terms[grant_id]
            found.setdefault((terms.worker_id, terms.actor_id), []).append(
                GrantState(
                    terms=terms,
                    live=live,
                    expires_at=self._dialect.from_instant(expires_at),
                    expired=status == "expired",
                )
            )
        return found

    def insert_leases(self, rows: Sequence[Sequence[object]]) -> None:
        """Write open leases: columns as in `_LEASE_COLUMNS`, without `process_id`, instants as datetimes."""
        to_instant = self._dialect.to_instant
        self._insert(
            f"INSERT INTO fetch_lease ({_LEASE_COLUMNS}) VALUES ",
            [(row[0], self.process_id, *row[1:-1], to_instant(_instant(row[-1]))) for row in rows],
        )

    def delete_leases(self, ids: Sequence[int]) -> None:
        """Close leases of this process."""
        self._cursor.executemany(self._translate("DELETE FROM fetch_lease WHERE id = ?"), [(one,) for one in ids])

    def insert_events(self, rows: Sequence[Sequence[object]]) -> None:
        """Write access events: columns as in `_EVENT_COLUMNS`, instants as datetimes."""
        to_instant = self._dialect.to_instant
        self._insert(
            f"INSERT INTO access_event ({_EVENT_COLUMNS}) VALUES ",
            [(to_instant(_instant(row[0])), *row[1:]) for row in rows],
        )

    def retire(self, now: datetime) -> None:
        """Give up every lease of this process, and its identity."""
        self.begin()
        self._cursor.execute(self._translate("DELETE FROM fetch_lease WHERE process_id = ?"), (self.process_id,))
        self._cursor.execute(
            self._translate("UPDATE gateway_process SET ended_at = ? WHERE id = ?"),
            (self._dialect.to_instant(now), self.process_id),
        )
        self.commit()

    def rolled_back(self) -> bool:
        """Undo an unfinished transaction; false when the connection, and with it the proof of life, is gone."""
        try:
            if self._is_sqlite:
                if self._connection.in_transaction:
                    self._cursor.execute("ROLLBACK")
            else:
                self._connection.rollback()
                self._cursor.execute("SELECT 1")
        except Exception:
            return False
        return True

    def close(self) -> None:
        """Close the connection. On PostgreSQL the proof of life goes with it."""
        self._connection.close()

    def _insert(self, head: str, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            values = ", ".join("?" * len(rows[0]))
            self._cursor.executemany(self._translate(f"{head}({values})"), rows)

    def _load_terms(self, ids: Sequence[str]) -> None:
        """Read what never changes in grants. Triggers forbid that it ever does, so it is kept."""
        if not ids:
            return
        if len(self._terms) > 50_000:
            self._terms.clear()
        listed = (self._dialect.to_list(ids),)
        items: dict[str, dict[tuple[str, str], bool]] = {}
        for grant_id, platform, category, granted in self._rows(
            "SELECT grant_id, platform, category, granted FROM grant_item WHERE grant_id IN_LIST", listed
        ):
            items.setdefault(grant_id, {})[platform, category] = bool(granted)
        for row in self._rows(
            "SELECT id, worker_id, actor_id, client_id, purpose FROM consent_grant WHERE id IN_LIST", listed
        ):
            self._terms[row[0]] = GrantTerms(
                id=row[0],
                worker_id=row[1],
                actor_id=row[2],
                client_id=row[3],
                purpose=row[4],
                items=items.get(row[0], {}),
            )

    def _rows(self, sql: str, parameters: Sequence[object]) -> list[Any]:
        rows: list[Any] = self._cursor.execute(self._translate(sql), parameters).fetchall()
        return rows

    def _scalar(self, sql: str) -> int:
        return int(self._cursor.execute(sql).fetchone()[0])

    def _translate(self, sql: str) -> str:
        translated = self._sql.get(sql)
        if translated is None:
            translated = sql.replace("IN_LIST", self._dialect.list_test).replace("?", self._dialect.placeholder)
            self._sql[sql] = translated
        return translated

    def _register(self) -> tuple[int, Proof]:
        """Write this process down. Its proof is held before its row can be seen."""
        started = self._dialect.to_instant(datetime.now(UTC))
        self._cursor.execute("BEGIN")
        insert = self._translate(
            "INSERT INTO gateway_process (kind, proof, host, started_at) VALUES (?, ?, ?, ?) RETURNING id"
        )
        proof: Proof
        if self._is_sqlite:
            database = self._engine.url.database
            if not database:
                raise LeaseStoreError("LEASES_NEED_A_FILE", "Leases need a database in a file, not in memory.")
            proof = FileProof(Path(database).resolve())
            self._cursor.execute(insert, (proof.kind, proof.name, host_name(), started))
            process_id = int(self._cursor.fetchone()[0])
        else:
            self._cursor.execute(insert, (AdvisoryProof.kind, "", host_name(), started))
            process_id = int(self._cursor.fetchone()[0])
            proof = AdvisoryProof(process_id)
            self._cursor.execute("SELECT pg_advisory_lock(%s, %s)", (LOCK_CLASS, process_id))
        self._cursor.execute("COMMIT")
        return process_id, proof

    def _check_triggers(self) -> None:
        """Refuse a database whose stops would go unnoticed."""
        expected = sum("CREATE TRIGGER" in statement for statement in create_statements(self._engine.dialect.name))
        names = [
            statement.split()[5 if self._is_sqlite else 2]
            for statement in create_statements(self._engine.dialect.name)
            if statement.startswith("CREATE TRIGGER")
        ]
        found = self._rows(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name IN_LIST"
            if self._is_sqlite
            else "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A') AND tgname IN_LIST",
            (self._dialect.to_list(names),),
        )
        if len({row[0] for row in found}) != expected:
            raise LeaseStoreError(
                "LEASES_NO_TRIGGERS", "The database lacks consent's triggers; run the migrations first."
            )


def _instant(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError("an instant is a datetime")
    return value
