"""Commits that everybody sees at once and that are on disk a moment later: nobody waits for the disk under a lock.

A stop is committed without waiting for the disk, so that the lock that orders it against leases is free again in an
instant. Then `Disk.flush` brings it to the disk, while what runs under the permission is ending; only when both are
done is it `confirmed`. Should the power fail in between, the permission lives, and nobody was told otherwise.
"""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from consent.driver_statement import driver_errors

_FLUSH = "SELECT pg_logical_emit_message(true, 'gigway', '')"


class Disk:
    """Brings what was committed to the disk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._log_file = 0

    def flush(self, connection: Connection) -> None:
        """Return when everything that was committed before is on disk. Raises `OperationalError` when it cannot be.

        `connection` is one of PostgreSQL's on which each statement commits by itself; on SQLite it is not used.
        """
        if self._engine.dialect.name == "postgresql":
            # The log is written in order: once a later record is on disk, and with whatever replicas the server waits
            # for, so is everything before it.
            with driver_errors(connection) as driver:
                driver.execute(_FLUSH)
        elif self._engine.url.database and self._engine.url.database != ":memory:":
            try:
                self._sync(Path(self._engine.url.database).resolve())
            except OSError as error:
                raise OperationalError(None, None, error) from None

    def _sync(self, database: Path) -> None:
        """Sync SQLite's write-ahead log. Where there is none, everything is in the database, which was synced first."""
        try:
            descriptor = os.open(database.with_name(f"{database.name}-wal"), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            number = os.fstat(descriptor).st_ino
            sync_content(descriptor)
        finally:
            os.close(descriptor)
        if number != self._log_file:
            _sync_folder(database.parent)
            self._log_file = number


def sync_content(descriptor: int) -> None:
    """Bring the content of a file to the disk; its times of change need not be."""
    getattr(os, "fdatasync", os.fsync)(descriptor)  # macOS has the latter only


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
