"""Waiting for SQLite's one write lock, with short looks instead of SQLite's own, which grow to a tenth of a second.

A revocation, and what it waits for, take the lock several times; writers hold it for a millisecond or two.
"""

from __future__ import annotations

import sqlite3
import time
from typing import Final

LOOK_SECONDS: Final = 0.001


def begin_immediate(connection: sqlite3.Connection, *, patience: float) -> None:
    """Begin a transaction that has the write lock. The connection's own busy timeout is best zero meanwhile.

    Raises `sqlite3.OperationalError` when the lock is not free within `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() >= deadline:
                raise
            time.sleep(LOOK_SECONDS)
        else:
            return


def is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether it says that somebody else has the lock."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
