"""Processes that a restored backup takes for living: they ended after it was made, and their lock files are gone.

A missing file proves nothing by itself (`leases/liveness.py`): somebody may have removed it beneath a living process.
That nobody else has the database open does. A connection to an SQLite database in WAL mode holds a shared lock on it
for as long as it is open, so an exclusive lock can be had only where there is no other (sqlite.org/wal.html).
PostgreSQL drops a dead process's lock itself, whatever a backup says.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlmodel import col

from consent.columns import utc_now
from consent.leases.liveness import FileProof
from consent.models import GatewayProcess
from consent.stops.burial import bury


def bury_lost(engine: Engine, *, clock: Callable[[], datetime] = utc_now) -> int:
    """Take the leases from processes whose lock file is gone, if nobody else has the database open; return how many.

    Call it before this process holds leases. Gives the engine's idle connections back.
    """
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return 0
    database = Path(engine.url.database).resolve()
    with engine.execution_options(read_only=True).connect() as connection:
        listed = connection.execute(
            select(col(GatewayProcess.id), col(GatewayProcess.proof)).where(
                col(GatewayProcess.ended_at).is_(None), col(GatewayProcess.kind) == FileProof.kind
            )
        ).all()
    lost = [row.id for row in listed if not database.with_name(row.proof).exists()]
    if not lost:
        return 0
    engine.dispose()
    if not _is_alone(database):
        return 0
    for number in lost:
        with engine.begin() as connection:
            bury(connection, number, clock())
    return len(lost)


def _is_alone(database: Path) -> bool:
    """Whether nobody has `database` open at this moment; false where that cannot be told."""
    with closing(sqlite3.connect(database, timeout=0)) as connection:
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            mode: str = connection.execute("PRAGMA journal_mode").fetchone()[0]
        except sqlite3.OperationalError:
            return False
        return mode == "wal"
