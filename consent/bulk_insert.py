"""Writing many rows with few statements, straight on the driver: for the few places where rows come by the thousand.

Each statement lets go of the interpreter once, however many rows it writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import orjson

_ROWS_AT_ONCE = 64


def insert_rows(
    cursor: Any, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]], *, is_sqlite: bool
) -> None:
    """Write rows in the order of `columns`, a mapping of names to PostgreSQL types.

    `cursor` is the driver's, in a transaction. Names must be constants: they become part of the statement.
    """
    names = ", ".join(columns)
    if is_sqlite:
        one = f"({', '.join('?' * len(columns))})"
        start = 0
        while start < len(rows):
            # Powers of two, so that the driver's cache of prepared statements knows them all.
            count = min(_ROWS_AT_ONCE, 1 << ((len(rows) - start).bit_length() - 1))
            cursor.execute(
                f"INSERT INTO {table} ({names}) VALUES {', '.join([one] * count)}",  # noqa: S608
                list(chain.from_iterable(rows[start : start + count])),
            )
            start += count
        return
    shape = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    listed = orjson.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=_as_bytea).decode()
    cursor.execute(
        f"INSERT INTO {table} ({names}) SELECT {names} FROM json_to_recordset(%s::json) AS rows ({shape})",  # noqa: S608
        (listed,),
    )


def _as_bytea(value: object) -> str:
    """Return bytes as PostgreSQL reads them from text."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"{type(value).__name__} is no value of a column")
