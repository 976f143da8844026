"""A journal outside the database of everything that has ended, so that a restored backup brings nothing back to life.

Whatever ends a permission leaves a `stop_notice` (`ddl.py`). They are copied to the end of a file, on disk before a
revocation answers `confirmed`, with a checkpoint of the log now and then. A database that is older than its journal
was restored from a backup: `check` says so, nothing starts on it, and `restore.py` ends again what had ended since.

    {"database": "…"}                          whose lines follow
    {"seq": 7, "kind": "grant", "ref": "…"}    one ending
    {"size": 120, "root": "…"}                 how long the access log was, and its root
    {"reconciled": 7}                          the database was brought into line; seen so far: 7

Ids in it are random; it holds nothing else about anybody. Several processes of one machine may share a file.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, select
from sqlmodel import col

from consent.audit.models import AuditCheckpoint, AuditLeaf
from consent.audit.stored_tree import nodes_in
from consent.audit.tree import root
from consent.models import StopNotice
from consent.stops.durability import sync_content

CHECKPOINT_SECONDS: Final = 3_600.0


class EndingsError(Exception):
    """The database and its journal do not agree. `code` is stable; the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One line about something that ended."""

    seq: int
    kind: str
    ref: str


@dataclass(slots=True, kw_only=True)
class Journaled:
    """What a journal says about one database since it was last reconciled."""

    endings: dict[int, Ending] = field(default_factory=dict)
    seen: int = 0
    mark: tuple[int, bytes] | None = None
    """The longest size of the access log that was written down, and its root."""

    def read(self, line: dict[str, Any]) -> None:
        """Take in one line of this database."""
        if "reconciled" in line:
            self.endings.clear()
            self.seen, self.mark = int(line["reconciled"]), None
        elif "seq" in line:
            self.seen = int(line["seq"])
            self.endings[self.seen] = Ending(seq=self.seen, kind=str(line["kind"]), ref=str(line["ref"]))
        elif "size" in line:
            self.mark = int(line["size"]), base64.b64decode(line["root"])


class EndingsJournal:
    """The journal of the database that `name` names. Thread-safe, and safe among processes that share the file."""

    def __init__(self, path: Path, engine: Engine, name: str) -> None:
        self._path = path
        self._reader = engine.execution_options(read_only=True)
        self._name = name
        self._mutex = threading.Lock()
        self._offset = 0
        self._owner = ""
        self._known = Journaled()
        self._mark_due = 0.0

    def check(self) -> None:
        """Raise `EndingsError` (`DATABASE_RESTORED`) when the database is older than, or differs from, its journal."""
        with self._mutex, self._locked() as descriptor:
            self._catch_up(descriptor)
        with self._reader.connect() as connection:
            missing = missing_endings(connection, self._known)
            rolled_back = not _continues(connection, self._known.mark)
        if missing or rolled_back:
            lost = f"{len(missing)} endings that {self._path} has written down" if missing else "a part of its log"
            raise _restored(lost)

    def follow(self) -> None:
        """Write down what has ended since the last time, and at times how far the log is.

        Raises `OSError`, and `EndingsError` (`DATABASE_RESTORED`) when what was written down last is not there.
        """
        with self._mutex, self._locked() as descriptor:
            self._catch_up(descriptor)
            with self._reader.connect() as connection:
                lines = self._new_lines(connection)
                if time.monotonic() >= self._mark_due:
                    lines += _mark_line(connection, self._known.mark)
                    self._mark_due = time.monotonic() + CHECKPOINT_SECONDS
            self._append(descriptor, lines)

    def _new_lines(self, connection: Connection) -> list[dict[str, Any]]:
        seen = self._known.seen
        found = [
            Ending(seq=row.seq, kind=row.kind, ref=row.ref)
            for row in connection.execute(
                select(col(StopNotice.seq), col(StopNotice.kind), col(StopNotice.ref))
                .where(col(StopNotice.seq) >= seen)
                .order_by(col(StopNotice.seq))
            )
        ]
        if seen:
            last = found.pop(0) if found else None
            known = self._known.endings.get(seen, last)
            if last is None or last.seq != seen or last != known:
                raise _restored(f"the ending that {self._path} has written down last")
        return [{"seq": each.seq, "kind": each.kind, "ref": each.ref} for each in found]

    def reconcile(self, connection: Connection) -> None:
        """Write down that the database, as the caller's transaction leaves it, is in line with this journal."""
        with self._mutex, self._locked() as descriptor:
            self._catch_up(descriptor)
            self._append(descriptor, [{"reconciled": newest_ending(connection)}])

    def journaled(self) -> Journaled:
        """Return what the file says about this database."""
        with self._mutex, self._locked() as descriptor:
            self._catch_up(descriptor)
            return self._known

    @contextmanager
    def _locked(self) -> Iterator[int]:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def _catch_up(self, descriptor: int) -> None:
        """Read what others have appended. A line that was torn off by a crash is no line."""
        size = os.fstat(descriptor).st_size
        added = os.pread(descriptor, size - self._offset, self._offset) if size > self._offset else b""
        for line in added.splitlines():
            try:
                content = json.loads(line)
            except ValueError:
                continue
            if "database" in content:
                self._owner = content["database"]
            elif self._owner == self._name:
                self._known.read(content)
        self._offset = size

    def _append(self, descriptor: int, lines: list[dict[str, Any]]) -> None:
        if not lines:
            return
        if self._owner != self._name:
            lines = [{"database": self._name}, *lines]
        # A line of its own first: the last one may have been torn off.
        written = b"\n" + b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        if os.write(descriptor, written) != len(written):
            raise OSError("the journal of endings could not be written whole")
        sync_content(descriptor)
        self._catch_up(descriptor)


def _restored(lost: str) -> EndingsError:
    return EndingsError(
        "DATABASE_RESTORED",
        f"This database lacks {lost}: it was restored from a backup. What had ended since would be alive again; "
        "stop every process, run `gigway restore` to end it, then start again.",
    )


def missing_endings(connection: Connection, journaled: Journaled) -> list[Ending]:
    """Return the endings that a journal knows and the database does not."""
    found = {
        row.seq: (row.kind, row.ref)
        for row in connection.execute(
            select(col(StopNotice.seq), col(StopNotice.kind), col(StopNotice.ref)).where(
                col(StopNotice.seq) >= min(journaled.endings, default=0)
            )
        )
    }
    return [each for each in journaled.endings.values() if found.get(each.seq) != (each.kind, each.ref)]


def newest_ending(connection: Connection) -> int:
    """Return the number of the newest ending in the database."""
    return connection.execute(select(func.max(col(StopNotice.seq)))).scalar() or 0


def _continues(connection: Connection, mark: tuple[int, bytes] | None) -> bool:
    """Whether the access log is at least as long as it was, and the same up to there."""
    if mark is None:
        return True
    size, expected = mark
    last = connection.execute(select(func.max(col(AuditLeaf.seq)))).scalar()
    return last is not None and last + 1 >= size and root(nodes_in(connection), size) == expected


def _mark_line(connection: Connection, known: tuple[int, bytes] | None) -> list[dict[str, Any]]:
    newest = connection.execute(
        select(col(AuditCheckpoint.size), col(AuditCheckpoint.root)).order_by(col(AuditCheckpoint.size).desc()).limit(1)
    ).one_or_none()
    if newest is None or (known is not None and newest.size <= known[0]):
        return []
    return [{"size": newest.size, "root": base64.b64encode(newest.root).decode()}]
