"""The events that the log is about, read from where they happened: whole, or as nothing but their leaf hashes.

Accesses come by the thousand, and nothing is wanted of them but a hash: they are read past SQLAlchemy's rows and types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Integer, String, Table, select
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from consent.audit.leaf import EventKind, event_hash, instant, plain_event_hash
from consent.models import AccessEvent, ConsentEvent

EVENTS: Mapping[EventKind, tuple[type[SQLModel], str]] = {
    "access": (AccessEvent, "id"),
    "consent": (ConsentEvent, "seq"),
}
"""Which table holds the events of a kind, and what numbers them."""

HashedEvent = tuple[str, EventKind, int, bytes]
"""The instant of an event in canonical form, its kind, its number and its leaf hash."""


def read_events(
    connection: Connection, kind: EventKind, *, after: int | None, until: int, limit: int
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield events in the order of their numbers, as rows; `after` None begins with the lowest number there is."""
    table, number = _table(kind)
    query = select(table).where(table.c[number] <= until).order_by(table.c[number])
    if after is not None:
        query = query.where(table.c[number] > after)
    for row in connection.execute(query.limit(limit)):
        yield row._mapping[number], dict(row._mapping)


def hash_events(connection: Connection, kind: EventKind, *, after: int, until: int, limit: int) -> list[HashedEvent]:
    """Return the hashes of events in the order of their numbers."""
    table, number = _table(kind)
    if not is_plain(kind):
        rows = read_events(connection, kind, after=after, until=until, limit=limit)
        return [(instant(event["at"]), kind, event_id, event_hash(kind, event)) for event_id, event in rows]
    hidden = _hidden(table, number)
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    found = connection.exec_driver_sql(
        f"SELECT {number}, at, salt, {', '.join(hidden)} FROM {table.name} "  # noqa: S608
        f"WHERE {number} > {mark} AND {number} <= {mark} ORDER BY {number} LIMIT {mark}",
        (after, until, limit),
    ).cursor
    assert found is not None
    return _hash_plain(kind, hidden, found.fetchall())


def is_plain(kind: EventKind) -> bool:
    """Whether all that is hidden of a kind is numbers and texts, which drivers give as SQLAlchemy does."""
    table, number = _table(kind)
    return all(isinstance(table.c[name].type, Integer | String | AutoString) for name in _hidden(table, number))


def _hidden(table: Table, number: str) -> list[str]:
    return sorted(each.name for each in table.columns if each.name not in (number, "at", "salt"))


def _hash_plain(kind: EventKind, hidden: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[HashedEvent]:
    hashed: list[HashedEvent] = []
    last, at = None, ""
    for row in rows:
        number, moment, salt = row[:3]
        if moment != last:  # all events of a transaction have the same
            last, at = moment, _canonical_instant(moment)
        fields = dict(zip(hidden, row[3:], strict=True))
        hashed.append((at, kind, number, plain_event_hash(kind, number, at, salt, fields)))
    return hashed


def _canonical_instant(stored: Any) -> str:
    """Return the canonical form of an instant as the driver gives it: SQLite has text, in UTC (`columns.Instant`)."""
    return instant(stored if isinstance(stored, datetime) else datetime.fromisoformat(stored).replace(tzinfo=UTC))


def _table(kind: EventKind) -> tuple[Table, str]:
    model, number = EVENTS[kind]
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table, number
