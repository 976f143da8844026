"""The statements of the lease transactions, on one dedicated connection, straight on the driver.

This is the hot path of the gate, so it goes round SQLAlchemy's statement layer; the SQL is the same for both
databases but for placeholders, lists and the form of an instant, which `_Dialect` translates.
A `LeaseStore` is used by one caller at a time. Its connection also holds the process's proof of life on PostgreSQL.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine

from consent.bulk_insert import insert_rows
from consent.columns import utc_now
from consent.ddl import STOP_LOCK, create_statements
from consent.leases.decision import GrantState, GrantTerms
from consent.leases.liveness import AdvisoryProof, FileProof, Proof, host_name
from consent.leases.write_lock import begin_immediate, is_busy
from consent.vocabulary import ANY_PLATFORM


class LeaseStoreError(Exception):
    """The database cannot keep leases: `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def compare_clocks(here: datetime, there: datetime) -> None:
    """Raise `LeaseStoreError` (`LEASES_CLOCK_SKEW`) when this machine's clock is far from the database's."""
    if abs(here - there) > MAX_SKEW:
        way = "ahead of" if here > there else "behind"
        raise LeaseStoreError(
            "LEASES_CLOCK_SKEW",
            f"This machine's clock is {abs(here - there)} {way} the database's; set them right. Nothing is allowed "
            "while they differ, because grants would end too early or too late.",
        )


RESTORED = "LEASES_DATABASE_RESTORED"


def database_restored() -> LeaseStoreError:
    """Return the error for a database that knows less than it did."""
    return LeaseStoreError(
        RESTORED,
        "The database is older than it was: a backup was restored. Stop every process and run gigway restore.",
    )


@dataclass(frozen=True, slots=True)
class StopNumber:
    """Up to which stop a database has been read, and which one that was; 0 for none."""

    seq: int = 0
    kind: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class AccountFact:
    """An account's gate and its platform's."""

    worker_id: str
    platform: str
    open: bool
    platform_open: bool


@dataclass(frozen=True, slots=True)
class _Dialect:
    begin: str
    commit_leases: str
    list_test: str
    to_list: Callable[[Iterable[str]], object]
    to_instant: Callable[[datetime], str]
    delete: Callable[[Sequence[int]], tuple[str, tuple[object, ...]]]
    from_instant: Callable[[Any], datetime]
    placeholder: str


def _sqlite_instant(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


_SQLITE = _Dialect(
    begin="BEGIN IMMEDIATE",
    commit_leases="COMMIT",
    list_test="IN (SELECT value FROM json_each(?))",
    to_list=lambda values: orjson.dumps(list(values)).decode(),
    to_instant=_sqlite_instant,
    delete=lambda ids: (
        "DELETE FROM fetch_lease WHERE id IN (SELECT value FROM json_each(?))",
        (orjson.dumps(ids).decode(),),
    ),
    from_instant=lambda value: datetime.fromisoformat(value).replace(tzinfo=UTC),
    placeholder="?",
)
_POSTGRESQL = _Dialect(
    begin=f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock_shared({STOP_LOCK})",
    commit_leases="SET LOCAL synchronous_commit TO off; COMMIT",
    list_test="= ANY(%s)",
    to_list=lambda values: list(values),
    to_instant=lambda value: value.isoformat(),
    delete=lambda ids: ("DELETE FROM fetch_lease WHERE id = ANY(%s)", (list(ids),)),
    from_instant=lambda value: value.astimezone(UTC),
    placeholder="%s",
)

LEASE_COLUMNS: Mapping[str, str] = {
    "id": "bigint",
    "process_id": "bigint",
    "grant_id": "text",
    "worker_id": "text",
    "actor_id": "text",
    "client_id": "text",
    "account_id": "text",
    "platform": "text",
    "categories": "text",
    "started_at": "timestamptz",
}
"""The columns of a lease row, in order, with their PostgreSQL types."""

EVENT_COLUMNS: Mapping[str, str] = {
    "at": "timestamptz",
    "worker_id": "text",
    "actor_id": "text",
    "client_id": "text",
    "grant_id": "text",
    "lease_id": "bigint",
    "purpose": "text",
    "platform": "text",
    "account_id": "text",
    "category": "text",
    "decision": "text",
    "reason": "text",
    "records": "int",
    "repeats": "int",
    "request_id": "text",
    "token_ref": "text",
    "salt": "text",
}
"""The columns of an event row, in order, with their PostgreSQL types."""


MAX_SKEW = timedelta(seconds=5)
"""How far a process's clock may be from the database's."""

_PATIENCE_SECONDS = 15.0

_DATA_VERSION = "PRAGMA data_version"
"""What is different "if changes were committed to the database by any other connection" (sqlite.org/pragma.html)."""

_COMMITS_PER_CHECKPOINT = 64
"""After how many commits SQLite's log is written to its file: about the thousand pages after which SQLite does it."""


class LeaseStore:
    """One connection, one process identity. Any driver error leaves it unusable: make a new one."""

    def __init__(self, engine: Engine, *, master_keys: str = "") -> None:
        self._engine = engine
        self._master_keys = master_keys
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._dialect = _SQLITE if self._is_sqlite else _POSTGRESQL
        pooled = engine.raw_connection()
        driver = pooled.driver_connection
        pooled.detach()
        if driver is None:
            raise LeaseStoreError("LEASES_NO_CONNECTION", "The database gave no connection for leases.")
        if self._is_sqlite:
            driver.isolation_level = None
            driver.execute("PRAGMA busy_timeout=0")  # the write lock is waited for in `begin`
            driver.execute("PRAGMA wal_autocheckpoint=0")  # `checkpoint` does it, which may wait for the disk
        else:
            driver.rollback()
            driver.autocommit = True
        self._connection: Any = driver
        self._cursor: Any = driver.cursor()
        self._terms: dict[str, GrantTerms] = {}
        self._sql: dict[str, str] = {}
        self._version: int | None = None
        self._looked: int | None = None
        self._unwritten = 0
        self._path = str(Path(engine.url.database or "").resolve())
        try:
            self._check_triggers()
            self.check_clock()
            self.process_id, self._proof = self._register()
            newest = self._rows("SELECT seq, kind, ref FROM stop_notice ORDER BY seq DESC LIMIT 1", ())
            self.seen = StopNumber(*newest[0]) if newest else StopNumber()
            self._version = None
        except Exception:
            self._connection.close()
            raise

    def begin(self) -> bool:
        """Start a lease transaction: from now to its end no permission is ended by anyone.

        False when the database vouches for it that nobody else has written since the one before.
        """
        if not self._is_sqlite:
            self._cursor.execute(self._dialect.begin)
            return True
        self._check_file()
        begin_immediate(self._connection, patience=_PATIENCE_SECONDS)
        return self._has_changed()

    def try_begin(self) -> bool | None:
        """Like `begin`, but where it would have to wait, None at once. For SQLite."""
        self._check_file()
        try:
            begin_immediate(self._connection, patience=0)
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
            return None
        return self._has_changed()

    def has_news(self) -> bool:
        """Whether a look at `stops` may find something: false when the database says that nobody else has written."""
        if not self._is_sqlite:
            return True
        self._check_file()
        before, self._looked = self._looked, int(self._cursor.execute(_DATA_VERSION).fetchone()[0])
        return self._looked not in (before, self._version)

    def _check_file(self) -> None:
        if os.stat(self._path).st_ino != self._inode:
            raise database_restored()

    def _has_changed(self) -> bool:
        before, self._version = self._version, int(self._cursor.execute(_DATA_VERSION).fetchone()[0])
        return self._version != before

    def stops(self) -> list[tuple[str, str]]:
        """Return what ended since the last call, as (kind, reference), oldest first.

        Raises `LeaseStoreError` (`LEASES_DATABASE_RESTORED`) when the last one is there no more.
        """
        return self.stops_after(self.seen)

    def stops_after(self, seen: StopNumber) -> list[tuple[str, str]]:
        """Return what ended after `seen`, as `stops` does."""
        rows = self._rows("SELECT seq, kind, ref FROM stop_notice WHERE seq >= ? ORDER BY seq", (seen.seq,))
        if seen.seq:
            if not rows or StopNumber(*rows[0]) != seen:
                raise database_restored()
            del rows[0]
        if rows:
            self.seen = StopNumber(*rows[-1])
        return [(kind, ref) for _, kind, ref in rows]

    def accounts(self, ids: Collection[str]) -> dict[str, AccountFact]:
        """Return the gates of accounts."""
        rows = self._rows(
            "SELECT s.account_id, s.worker_id, s.platform, s.open, p.open FROM subject_gate s "
            "LEFT JOIN platform_gate p ON p.platform = s.platform WHERE s.account_id IN_LIST",
            (self._dialect.to_list(ids),),
        )
        return {row[0]: AccountFact(row[1], row[2], bool(row[3]), bool(row[4])) for row in rows}

    def parties(self, actors: Collection[str], clients: Collection[str]) -> tuple[set[str], set[str]]:
        """Return those of `actors` that are not suspended, and those of `clients` that are disabled."""
        rows = self._rows(
            "SELECT 1, id FROM actor WHERE id IN_LIST AND status = 'active' "
            "UNION ALL SELECT 2, client_id FROM client_gate WHERE client_id IN_LIST AND NOT open",
            (self._dialect.to_list(actors), self._dialect.to_list(clients)),
        )
        return {ref for kind, ref in rows if kind == 1}, {ref for kind, ref in rows if kind == 2}

    def live_grants(self, workers: Collection[str], actors: Collection[str]) -> dict[str, list[GrantState]]:
        """Return, for each of `workers` who is not erased, the grants in force that were given to `actors`."""
        rows = self._rows(
            "SELECT w.id, g.id, g.expires_at, g.status FROM worker w LEFT JOIN consent_grant g "
            "ON g.worker_id = w.id AND g.actor_id IN_LIST AND g.status = 'active' "
            "WHERE w.id IN_LIST AND w.status = 'active'",
            (self._dialect.to_list(actors), self._dialect.to_list(workers)),
        )
        return self._by_worker(rows)

    def ended_grants(self, workers: Collection[str], actors: Collection[str]) -> dict[str, list[GrantState]]:
        """Return the grants that `workers` once gave to `actors`: only reasons are drawn from them."""
        rows = self._rows(
            "SELECT worker_id, id, expires_at, status FROM consent_grant "
            "WHERE worker_id IN_LIST AND actor_id IN_LIST AND status <> 'active'",
            (self._dialect.to_list(workers), self._dialect.to_list(actors)),
        )
        return self._by_worker(rows)

    def _by_worker(self, rows: Sequence[Any]) -> dict[str, list[GrantState]]:
        self._load_terms([row[1] for row in rows if row[1] is not None and row[1] not in self._terms])
        found: dict[str, list[GrantState]] = {}
        for worker_id, grant_id, expires_at, status in rows:
            grants = found.setdefault(worker_id, [])
            if grant_id is not None:
                grants.append(
                    GrantState(
                        terms=self._terms[grant_id],
                        live=status == "active",
                        expires_at=self._dialect.from_instant(expires_at),
                        expired=status == "expired",
                    )
                )
        return found

    def instant(self, value: datetime) -> object:
        """Return `value` as rows for `write` carry it."""
        return self._dialect.to_instant(value)

    def write(
        self, *, leases: Sequence[Sequence[object]], events: Sequence[Sequence[object]], closed: Sequence[int]
    ) -> None:
        """Write new leases and events (`LEASE_COLUMNS`, `EVENT_COLUMNS`), delete the closed leases, and commit.

        Events are on disk when this returns. Leases need not be: should the server crash, every process has lost
        the connection that proves it alive, and its leases with it.
        """
        if closed:
            self._cursor.execute(*self._dialect.delete(closed))
        if leases:
            insert_rows(self._cursor, "fetch_lease", LEASE_COLUMNS, leases, is_sqlite=self._is_sqlite)
        if events:
            insert_rows(self._cursor, "access_event", EVENT_COLUMNS, events, is_sqlite=self._is_sqlite)
        self._cursor.execute("COMMIT" if events else self._dialect.commit_leases)
        self._unwritten += 1

    @property
    def wants_checkpoint(self) -> bool:
        """Whether SQLite's log has grown so long that `checkpoint` is due."""
        return self._is_sqlite and self._unwritten >= _COMMITS_PER_CHECKPOINT

    def checkpoint(self) -> None:
        """Have SQLite write its log to its file if that is due. This waits for the disk."""
        if self.wants_checkpoint:
            self._cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._unwritten = 0

    def prove_writable(self) -> None:
        """Change nothing in a way that must be written: a full or write-protected disk refuses it."""
        self._cursor.execute(self._translate("UPDATE gateway_process SET host = host WHERE id = ?"), (self.process_id,))

    def retire(self, events: Sequence[Sequence[object]], now: datetime) -> None:
        """Write the last events, give up every lease of this process and its identity, and close."""
        self.begin()
        if events:
            insert_rows(self._cursor, "access_event", EVENT_COLUMNS, events, is_sqlite=self._is_sqlite)
        self._cursor.execute(self._translate("DELETE FROM fetch_lease WHERE process_id = ?"), (self.process_id,))
        self._cursor.execute(
            self._translate("UPDATE gateway_process SET ended_at = ? WHERE id = ?"),
            (self._dialect.to_instant(now), self.process_id),
        )
        self._cursor.execute("COMMIT")
        self._proof.drop()
        self._connection.close()

    def rolled_back(self) -> bool:
        """Undo an unfinished transaction; false when the connection, and with it the proof of life, is gone."""
        self._version = None  # what it was to read has perhaps not been read
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

    def abandon(self) -> None:
        """Close without tidying up: the proof of life goes, and others may take the leases away."""
        with suppress(OSError):
            self._proof.abandon()
        with suppress(Exception):
            self._cursor.close()  # SQLite ends no transaction of a connection whose statements are not done
            self._connection.rollback()
        with suppress(Exception):
            self._connection.close()

    def _load_terms(self, ids: Sequence[str]) -> None:
        """Read what never changes in grants. Triggers forbid that it ever does, so it is kept."""
        if not ids:
            return
        if len(self._terms) > 50_000:
            self._terms.clear()
        listed = (self._dialect.to_list(ids),)
        items: dict[str, dict[tuple[str, str], bool]] = {}
        versions: dict[str, dict[str, int]] = {}
        for grant_id, platform, category, granted, version in self._rows(
            "SELECT grant_id, platform, category, granted, category_version FROM grant_item WHERE grant_id IN_LIST",
            listed,
        ):
            items.setdefault(grant_id, {})[platform, category] = bool(granted)
            if platform == ANY_PLATFORM:
                versions.setdefault(grant_id, {})[category] = version
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
                versions=versions.get(row[0], {}),
            )

    def _rows(self, sql: str, parameters: Sequence[object]) -> list[Any]:
        rows: list[Any] = self._cursor.execute(self._translate(sql), parameters).fetchall()
        return rows

    def _translate(self, sql: str) -> str:
        translated = self._sql.get(sql)
        if translated is None:
            translated = sql.replace("IN_LIST", self._dialect.list_test).replace("?", self._dialect.placeholder)
            self._sql[sql] = translated
        return translated

    def _register(self) -> tuple[int, Proof]:
        """Write this process down. Its proof is held before its row can be seen."""
        if self._is_sqlite and self._engine.url.database in (None, "", ":memory:"):
            raise LeaseStoreError("LEASES_NEED_A_FILE", "Leases need a database in a file, not in memory.")
        started = self._dialect.to_instant(datetime.now(UTC))
        self._inode = os.stat(self._path).st_ino if self._is_sqlite else 0
        self.begin()
        insert = self._translate(
            "INSERT INTO gateway_process (kind, proof, host, master_keys, started_at) "
            "VALUES (?, ?, ?, ?, ?) RETURNING id"
        )
        proof: Proof
        if self._is_sqlite:
            proof = FileProof(Path(self._path))
        else:
            proof = AdvisoryProof()
            self._cursor.execute("SELECT pg_try_advisory_lock(%s)", (proof.key,))
            if not self._cursor.fetchone()[0]:
                raise LeaseStoreError("LEASES_NO_PROOF", "The lock that proves this process alive is taken.")
        self._cursor.execute(insert, (proof.kind, proof.name, host_name(), self._master_keys, started))
        process_id = int(self._cursor.fetchone()[0])
        self._cursor.execute("COMMIT")
        return process_id, proof

    def check_clock(self) -> None:
        """Refuse to decide on expiry by a clock that the database's, which all processes share, does not bear out.

        Processes that share an SQLite file share a machine, and its clock.
        """
        if self._is_sqlite:
            return
        (now,) = self._cursor.execute("SELECT clock_timestamp()").fetchone()
        compare_clocks(utc_now(), now)

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
            else "SELECT tgname FROM pg_trigger WHERE pg_table_is_visible(tgrelid) AND tgenabled IN ('O', 'A') "
            "AND tgname IN_LIST",
            (self._dialect.to_list(names),),
        )
        if len({row[0] for row in found}) != expected:
            raise LeaseStoreError(
                "LEASES_NO_TRIGGERS", "The database lacks consent's triggers; run the migrations first."
            )
