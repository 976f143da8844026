"""Lease transactions on SQLite: `BEGIN IMMEDIATE` is the order among them, and a file's lock the proof of life.

Under the write lock `PRAGMA data_version` says whether anybody else has written; if not, nothing is read again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine

from consent.bulk_insert import insert_rows
from consent.leases.liveness import FileProof, Proof
from consent.leases.statements import EVENT_COLUMNS, LEASE_COLUMNS, STATEMENTS, Call, Rows, expand
from consent.leases.store import FactKeys, LeaseStore, LeaseStoreError, database_restored
from consent.leases.write_lock import begin_immediate, is_busy

_SQL: Mapping[str, str] = {
    name: expand(
        sql, each_of=r"SELECT value FROM json_each(\1)", is_among=r"IN (SELECT value FROM json_each(\1))"
    ).replace("$", "?")
    for name, sql in STATEMENTS.items()
}
_CLOSE = "DELETE FROM fetch_lease WHERE id IN (SELECT value FROM json_each(?))"
_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name IN (SELECT value FROM json_each(?))"

_PATIENCE_SECONDS = 15.0

_DATA_VERSION = "PRAGMA data_version"
"""What is different "if changes were committed to the database by any other connection" (sqlite.org/pragma.html)."""

_COMMITS_PER_CHECKPOINT = 64
"""After how many commits SQLite's log is written to its file: about the thousand pages after which SQLite does it."""


class SqliteLeaseStore(LeaseStore):
    """Leases in a file."""

    def __init__(self, engine: Engine, *, master_keys: str = "") -> None:
        if engine.url.database in (None, "", ":memory:"):
            raise LeaseStoreError("LEASES_NEED_A_FILE", "Leases need a database in a file, not in memory.")
        self._path = str(Path(engine.url.database or "").resolve())
        self._inode = 0
        self._version: int | None = None
        self._looked: int | None = None
        self._unwritten = 0
        super().__init__(engine, master_keys=master_keys)

    def begin(self, ahead: FactKeys | None = None) -> bool:
        """Begin as soon as the write lock is free. What will be asked for is not read `ahead`: it may be known."""
        self._check_file()
        begin_immediate(self._connection, patience=_PATIENCE_SECONDS)
        return self._has_changed()

    def try_begin(self) -> bool | None:
        """Begin if the write lock is free."""
        self._check_file()
        try:
            begin_immediate(self._connection, patience=0)
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
            return None
        return self._has_changed()

    def has_news(self) -> bool:
        """Ask `PRAGMA data_version`."""
        self._check_file()
        before, self._looked = self._looked, int(self._cursor.execute(_DATA_VERSION).fetchone()[0])
        return self._looked not in (before, self._version)

    def instant(self, value: datetime) -> str:
        """Return `value` as SQLAlchemy writes it there."""
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")

    def write(
        self, *, leases: Sequence[Sequence[object]], events: Sequence[Sequence[object]], closed: Sequence[int]
    ) -> None:
        """Write and commit."""
        if closed:
            self._cursor.execute(_CLOSE, (orjson.dumps(closed).decode(),))
        if leases:
            insert_rows(self._cursor, "fetch_lease", LEASE_COLUMNS, leases, is_sqlite=True)
        if events:
            insert_rows(self._cursor, "access_event", EVENT_COLUMNS, events, is_sqlite=True)
        self._cursor.execute("COMMIT")
        self._unwritten += 1

    @property
    def wants_checkpoint(self) -> bool:
        """Whether SQLite's log has grown so long that it is to be written to its file."""
        return self._unwritten >= _COMMITS_PER_CHECKPOINT

    def checkpoint(self) -> None:
        """Have SQLite write its log to its file if that is due."""
        if self.wants_checkpoint:
            self._cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._unwritten = 0

    def check_clock(self) -> None:
        """Do nothing: processes that share a file share a machine, and its clock."""

    def _set_up(self) -> None:
        self._connection.isolation_level = None
        self._cursor.execute("PRAGMA busy_timeout=0")  # the write lock is waited for in `begin`
        self._cursor.execute("PRAGMA wal_autocheckpoint=0")  # `checkpoint` does it, which may wait for the disk
        self._inode = os.stat(self._path).st_ino

    def _take_proof(self) -> Proof:
        return FileProof(Path(self._path))

    def _ask(self, calls: Sequence[Call]) -> list[Rows]:
        return [self._cursor.execute(_SQL[name], parameters).fetchall() for name, parameters in calls]

    def _triggers(self, names: str) -> set[str]:
        return {row[0] for row in self._cursor.execute(_TRIGGERS, (names,))}

    def _from_instant(self, value: Any) -> datetime:
        return datetime.fromisoformat(value).replace(tzinfo=UTC)

    def _is_open(self) -> bool:
        if self._connection.in_transaction:
            self._cursor.execute("ROLLBACK")
        return True

    def _forget_what_is_known(self) -> None:
        self._version = None

    def _check_file(self) -> None:
        if os.stat(self._path).st_ino != self._inode:
            raise database_restored()

    def _has_changed(self) -> bool:
        before, self._version = self._version, int(self._cursor.execute(_DATA_VERSION).fetchone()[0])
        return self._version != before
