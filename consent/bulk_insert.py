"""Writing many rows with few statements, straight on the driver: for the few places where rows come by the thousand.

Each statement lets go of the interpreter once, however many rows it writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import orjson

_ROWS_AT_ONCE = 64
_EXACT = 16
"""Up to so many rows there is one statement for each number of rows: few enough for the driver to keep them all."""


def insert_rows(
    cursor: Any, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]], *, is_sqlite: bool
) -> None:
    """Write rows in the order of `columns`, a mapping of names to PostgreSQL types; no column has a default but NULL.

    `cursor` is the driver's, in a transaction. Names must be constants: they become part of the statement.
    """
    if is_sqlite:
        start = 0
        while start < len(rows):
            count = _portion(len(rows) - start)
            filled = _filled(columns, rows[start : start + count])
            values = chain.from_iterable(zip(*filled.values(), strict=True))
            cursor.execute(_statement(table, tuple(filled), count), list(values))
            start += count
        return
    cursor.execute(insert_statement(table, columns, "%s"), (rows_as_json(columns, rows),))


def insert_statement(table: str, columns: Mapping[str, str], parameter: str) -> str:
    """Return PostgreSQL's statement that writes what `rows_as_json` returns. Names must be constants."""
    names = ", ".join(columns)
    shape = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return (
        f"INSERT INTO {table} ({names}) SELECT {names} "  # noqa: S608
        f"FROM json_to_recordset({parameter}::json) AS rows ({shape})"
    )


def rows_as_json(columns: Iterable[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows, in the order of `columns`, as one parameter."""
    return orjson.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=_as_bytea).decode()


def _portion(left: int) -> int:
    """Return how many of the rows that are left go into one statement: each number is one more statement to keep."""
    if left <= _EXACT:
        return left
    return min(_ROWS_AT_ONCE, 1 << (left.bit_length() - 1))


def _filled(columns: Mapping[str, str], rows: Sequence[Sequence[object]]) -> dict[str, Iterable[object]]:
    """Return the values of each column that has any.

    Of each `None` and each `bytes` the driver asks its adapters, in vain, which takes longer than to write it.
    """
    filled: dict[str, Iterable[object]] = {}
    for (name, kind), values in zip(columns.items(), zip(*rows, strict=True), strict=True):
        if values[0] is None and values.count(None) == len(values):
            continue
        filled[name] = map(bytearray, values) if kind == "bytea" else values
    return filled


@lru_cache(maxsize=256)
def _statement(table: str, columns: tuple[str, ...], rows: int) -> str:
    one = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([one] * rows)}"  # noqa: S608


def _as_bytea(value: object) -> str:
    """Return bytes as PostgreSQL reads them from text."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"{type(value).__name__} is no value of a column")
