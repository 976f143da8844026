"""The events that the log is about, read from where they happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlmodel import SQLModel

from consent.audit.leaf import EventKind
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
    table, number = events_of(kind)
    query = select(table).where(table.c[number] <= until).order_by(table.c[number])
    if after is not None:
        query = query.where(table.c[number] > after)
    for row in connection.execute(query.limit(limit)):
        yield row._mapping[number], dict(row._mapping)


def events_of(kind: EventKind) -> tuple[Table, str]:
    """Return the table of the events of a kind, and the column that numbers them."""
    model, number = EVENTS[kind]
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table, number
