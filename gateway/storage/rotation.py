"""Bring everything that is sealed under the newest master key, so that older ones can be thrown away.

The data key of each secret is wrapped again; secrets themselves are not opened. Rows are taken in the order of their
keys, a batch to a transaction that locks them, so that processes serve on and nothing they write is lost.
What is done stays done: after an interruption the next run has only the rest to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, func, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from gateway.storage.database import explain
from gateway.storage.sealed import SEALED, SealedColumn
from gateway.storage.tables import metadata
from gateway.storage.vault import UnknownKeyError, Vault, VaultError

BATCH: Final = 200


@dataclass(slots=True, kw_only=True)
class Rotation:
    """What a run did: secrets brought under the new key, and how many do not open, by the key that they name."""

    rewrapped: int = 0
    looked_at: int = 0
    unopened: Counter[str] = field(default_factory=Counter)


Progress = Callable[[str, int, int], None]
"""Called after each batch with the table, how many of its rows were looked at, and how many there are."""


def rotate_secrets(
    engine: Engine,
    vault: Vault,
    *,
    progress: Progress = lambda table, done, total: None,
    columns: Sequence[SealedColumn] = SEALED,
    batch: int = BATCH,
) -> Rotation:
    """Bring every secret in `columns` under the current master key. Raises `DatabaseError`."""
    rotation = Rotation()
    try:
        for sealed in columns:
            table = metadata().tables[sealed.table]
            with engine.execution_options(read_only=True).connect() as connection:
                total = connection.execute(select(func.count()).select_from(table)).scalar_one()
            done, last = 0, None
            while True:
                with engine.begin() as connection:
                    rows = _next_rows(connection, table, sealed, last, batch)
                    for *key, value in rows:
                        _rewrap(connection, table, sealed, key, value, vault, rotation)
                if not rows:
                    break
                done, last = done + len(rows), tuple(rows[-1][:-1])
                progress(sealed.table, done, max(total, done))
    except SQLAlchemyError as error:
        raise explain(error, engine.url) from None
    return rotation


def _next_rows(
    connection: Connection, table: Table, sealed: SealedColumn, last: tuple[Any, ...] | None, batch: int
) -> Sequence[Any]:
    """Return the next rows' keys and values, locked. On SQLite the transaction has the only write lock already."""
    keys = list(table.primary_key.columns)
    query = select(*keys, table.c[sealed.column]).order_by(*keys).limit(batch).with_for_update()
    if last is not None:
        query = query.where(tuple_(*keys) > last)
    return connection.execute(query).all()


def _rewrap(
    connection: Connection,
    table: Table,
    sealed: SealedColumn,
    key: Sequence[Any],
    value: Any,
    vault: Vault,
    rotation: Rotation,
) -> None:
    secret = sealed.take(value)
    if secret is None:
        return
    rotation.looked_at += 1
    try:
        if not vault.needs_rotation(secret):
            return
        again = vault.rewrap(secret)
    except UnknownKeyError as error:
        rotation.unopened[error.name] += 1
        return
    except VaultError:
        rotation.unopened["?"] += 1
        return
    keys = table.primary_key.columns
    connection.execute(
        update(table)
        .where(*(column == part for column, part in zip(keys, key, strict=True)))
        .values({sealed.column: sealed.put(value, again)})
    )
    rotation.rewrapped += 1
