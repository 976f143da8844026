"""Opens the lease store of a database, whichever it is."""

from __future__ import annotations

from sqlalchemy import Engine

from consent.leases.postgresql import PostgresqlLeaseStore
from consent.leases.sqlite import SqliteLeaseStore
from consent.leases.store import LeaseStore


def open_store(engine: Engine, *, master_keys: str = "") -> LeaseStore:
    """Open a connection for leases. Raises `LeaseStoreError` and what the driver raises."""
    kind = SqliteLeaseStore if engine.dialect.name == "sqlite" else PostgresqlLeaseStore
    return kind(engine, master_keys=master_keys)
