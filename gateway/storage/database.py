"""The database engine: SQLite (WAL) by default, PostgreSQL by another URL, the same code on both.

Transactions on SQLite begin with `BEGIN IMMEDIATE`: a transaction that reads and then writes would otherwise fail
when another writer came between. `read_only` gives a view of an engine whose transactions take no write lock.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from consent.columns import utc_now
from consent.leases.store import LeaseStoreError, compare_clocks
from consent.leases.write_lock import begin_immediate
from gateway.storage.idle_connections import check_idle_connections

BUSY_TIMEOUT_MS = 15_000
"""How long a SQLite writer waits for another one, in milliseconds."""

_WAITS_ITSELF = "sqlite waits itself"
"""Under which a connection remembers whether SQLite's own waiting is switched on."""

POOL_SIZE = 48
"""Connections kept per process; at least as many as threads that use the database at once (anyio: 40).

The one that was used last is used next (`pool_use_lifo`): each has plans, statements and pages of its own in memory,
and one that comes round every fiftieth time finds everything anew.
"""


class DatabaseError(Exception):
    """The database cannot be used. `code` is stable; the message says what to do next."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def create_database_engine(url: str) -> Engine:
    """Return an engine for `url` (`sqlite:///path`, `postgresql://…`).

    Raises `DatabaseError` (`DATABASE_URL_INVALID`) for a URL that is neither.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseError(
            "DATABASE_URL_INVALID", "The database URL cannot be read; write sqlite:///file or postgresql://…"
        ) from None
    match parsed.get_backend_name():
        case "sqlite":
            return _create_sqlite_engine(parsed)
        case "postgresql":
            engine = create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                pool_size=POOL_SIZE,
                max_overflow=0,
                pool_use_lifo=True,
                isolation_level="READ COMMITTED",
                hide_parameters=True,
            )
            check_idle_connections(engine)
            event.listen(engine, "engine_connect", _read_without_transaction)
            return engine
        case other:
            raise DatabaseError(
                "DATABASE_URL_INVALID", f"{other!r} is not supported; write sqlite:///file or postgresql://…"
            )


def apart(engine: Engine) -> Engine:
    """Return an engine for the same database whose connections do nothing else than what it is used for.

    Each connection to PostgreSQL plans its statements and reads the catalogue anew: the first of a kind takes several
    times as long as the next. On SQLite it is `engine`.
    """
    if engine.dialect.name == "sqlite":
        return engine
    return create_database_engine(engine.url.render_as_string(hide_password=False))


def read_only(engine: Engine) -> Engine:
    """Return a view of `engine` that only reads.

    On SQLite transactions start with `BEGIN` instead of `BEGIN IMMEDIATE`; on PostgreSQL there are none.
    """
    return engine.execution_options(read_only=True)


def patient(engine: Engine, seconds: float) -> Engine:
    """Return a view of `engine` whose writers wait so long for others (on PostgreSQL they always do)."""
    return engine.execution_options(patience=seconds)


def check_connection(engine: Engine) -> None:
    """Raise `DatabaseError` when the database is missing, damaged or out of reach."""
    try:
        with read_only(engine).connect() as connection:
            if engine.dialect.name == "sqlite":
                verdict = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
                if verdict != "ok":
                    raise DatabaseError(
                        "DATABASE_DAMAGED",
                        "The SQLite file is damaged; restore a backup or name another file.",
                    )
            else:
                connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        raise explain(error, engine.url) from None


def check_clock(engine: Engine) -> None:
    """Raise `DatabaseError` when this machine's clock is far from that of a database on another machine."""
    if engine.dialect.name == "postgresql":
        with read_only(engine).connect() as connection:
            there = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        try:
            compare_clocks(utc_now(), there)
        except LeaseStoreError as error:
            raise DatabaseError(error.code, str(error)) from None


def explain(error: SQLAlchemyError, url: URL) -> DatabaseError:
    """Return the coded error for a driver's failure; connection details other than host and file stay out."""
    cause = getattr(error, "orig", None)
    where = url.database if url.get_backend_name() == "sqlite" else f"{url.host}:{url.port or 5432}"
    if isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError):
        return DatabaseError(
            "DATABASE_DAMAGED",
            f"{where} is not a usable SQLite database; restore a backup or name another file.",
        )
    if isinstance(cause, sqlite3.OperationalError) and "unable to open" in str(cause):
        return DatabaseError("DATABASE_UNREACHABLE", f"{where} cannot be opened; check that its folder can be written.")
    if isinstance(cause, sqlite3.OperationalError):
        return DatabaseError("DATABASE_FAILED", f"{where}: {cause}.")
    return DatabaseError("DATABASE_UNREACHABLE", f"The database at {where} does not answer; check that it runs.")


def _read_without_transaction(connection: Connection) -> None:
    """Let each statement of a reader commit by itself; at READ COMMITTED each has a snapshot of its own anyway.

    A transaction is two trips more, and ends with a rollback: after one, psycopg forgets which statements it had the
    server prepare, which then plans each of them anew.
    """
    if connection.get_execution_options().get("read_only", False):
        connection.execution_options(isolation_level="AUTOCOMMIT")


def _create_sqlite_engine(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        folder = Path(url.database).resolve().parent
        if not folder.is_dir():
            raise DatabaseError("DATABASE_UNREACHABLE", f"The folder {folder} does not exist; create it first.")
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_use_lifo=True,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Begin. Writers wait in short steps (`write_lock`), readers, who hardly ever wait, as SQLite does."""
    driver: Any = connection.connection.driver_connection
    writes = not connection.get_execution_options().get("read_only", False)
    if connection.info.get(_WAITS_ITSELF, True) == writes:  # not for each transaction: it would be under the lock
        driver.execute(f"PRAGMA busy_timeout={0 if writes else BUSY_TIMEOUT_MS}")
        connection.info[_WAITS_ITSELF] = not writes
    if not writes:
        connection.exec_driver_sql("BEGIN")
        return
    patience = connection.get_execution_options().get("patience", BUSY_TIMEOUT_MS / 1000)
    try:
        begin_immediate(driver, patience=patience)
    except sqlite3.OperationalError:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # to fail in SQLAlchemy's own way, if it still does
