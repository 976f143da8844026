"""The lock that orders stops against leases, for transactions that stop something and for those that write events.

On SQLite the one write lock does it, and these do nothing. On PostgreSQL it is an advisory lock (`ddl.py`).
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from consent.ddl import STOP_LOCK


def share_stops(connection: Connection) -> None:
    """Take that lock shared, before a transaction writes an event: the audit log waits for it to be complete."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": STOP_LOCK})


def lock_stops(connection: Connection, *, disk_later: bool = False) -> None:
    """Take the lock that orders stops against leases, before a transaction changes the first row.

    On SQLite `BEGIN IMMEDIATE` has done it. On PostgreSQL the triggers would take it too, but later: two stops
    that change several rows each could then wait for each other. With `disk_later` the commit does not wait for the
    disk (`durability.py`); on SQLite (`synchronous=NORMAL`) none does.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK_FOR_LATER if disk_later else _LOCK, {"key": STOP_LOCK})


_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_LOCK_FOR_LATER = text("SELECT pg_advisory_xact_lock(:key), set_config('synchronous_commit', 'off', true)")
"""In one statement: each is a trip to the database, which all others wait for."""

BEGIN_AND_LOCK = (
    "BEGIN ISOLATION LEVEL READ COMMITTED; "
    f"SELECT pg_advisory_xact_lock({STOP_LOCK}), set_config('synchronous_commit', 'off', true)"
)
"""The same with the beginning of the transaction, for PostgreSQL's driver. What comes after sees what others did."""


def try_lock_stops(connection: Connection) -> bool:
    """Take that lock if nobody has it, not even shared; return whether it was taken. PostgreSQL only."""
    taken = connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": STOP_LOCK})
    return bool(taken.scalar())
