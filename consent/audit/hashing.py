"""The leaf hashes of events by the thousand: what `leaf.event_hash` says of each.

Accesses come by the thousand, and nothing is wanted of them but a hash. So the database puts the JSON of what is hidden
together, and SQLite gives a batch as one row: it lets go of the interpreter for every row, and to get it back from a
busy event loop takes five times as long as the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection, Integer, String, Table
from sqlmodel.sql.sqltypes import AutoString

from consent.audit.events import HashedEvent, events_of, read_events
from consent.audit.leaf import EventKind, around, canonical, event_hash, instant
from consent.driver_statement import driver_errors

_Plain = tuple[int, Any, str, bytes]
"""An event in parts: its number, its instant as the driver gives it, its salt, and the JSON of what is hidden."""


def hash_events(connection: Connection, kind: EventKind, *, after: int, until: int, limit: int) -> list[HashedEvent]:
    """Return the hashes of events in the order of their numbers. Raises SQLAlchemy's errors."""
    if not is_plain(kind):
        rows = read_events(connection, kind, after=after, until=until, limit=limit)
        return [(instant(event["at"]), kind, event_id, event_hash(kind, event)) for event_id, event in rows]
    read = _READERS[connection.dialect.name]
    with driver_errors(connection) as driver:
        return _hash_plain(kind, read(driver.cursor(), *events_of(kind), (after, until, limit)))


def is_plain(kind: EventKind) -> bool:
    """Whether all that is hidden of a kind is numbers and texts, of which databases make the JSON that we make."""
    table, number = events_of(kind)
    return all(isinstance(table.c[name].type, Integer | String | AutoString) for name in _hidden(table, number))


def _hash_plain(kind: EventKind, events: Iterable[_Plain]) -> list[HashedEvent]:
    """Hash events: `leaf_data` and `leaf_hash` without their calls, of which there would be several for each."""
    hashed: list[HashedEvent] = []
    last, at, before, between, after = None, "", "", "", ""
    for number, moment, salt, hidden in events:
        if moment != last:  # all events of a transaction have the same
            last, at = moment, _canonical_instant(moment)
            before, between, after = around(kind, at)
        commitment = sha256(salt.encode() + hidden).hexdigest()
        leaf = sha256(f"\0{before}{commitment}{between}{number}{after}".encode())
        hashed.append((at, kind, number, leaf.digest()))
    hashed.sort(key=itemgetter(2))  # databases give them so, but do not promise it
    return hashed


def _from_sqlite(cursor: Any, table: Table, number: str, bounds: Sequence[int]) -> Iterable[_Plain]:
    hidden = ", ".join(f"'{name}', {name}" for name in _hidden(table, number))
    numbers, moments, salts, texts = cursor.execute(
        "SELECT json_group_array(number), json_group_array(at), json_group_array(salt), "  # noqa: S608
        "CAST(group_concat(hidden, char(10)) AS BLOB) "
        f"FROM (SELECT {number} AS number, at, salt, json_object({hidden}) AS hidden FROM {table.name} "
        f"WHERE {number} > ? AND {number} <= ? ORDER BY {number} LIMIT ?)",
        bounds,
    ).fetchone()
    if texts is None:
        return ()
    lines = texts.split(b"\n")  # there is none in JSON
    if b"\\" in texts:
        lines = map(_escaped_our_way, lines)
    return zip(*map(orjson.loads, (numbers, moments, salts)), lines, strict=True)


def _from_postgresql(cursor: Any, table: Table, number: str, bounds: Sequence[int]) -> Iterable[_Plain]:
    hidden = ", ".join(_hidden(table, number))
    cursor.execute(
        "SELECT number, at, salt, row_to_json(hidden)::text "  # noqa: S608
        f"FROM (SELECT {number} AS number, at, salt, {hidden} FROM {table.name} "
        f"WHERE {number} > %s AND {number} <= %s ORDER BY {number} LIMIT %s) AS batch, "
        f"LATERAL (SELECT {hidden}) AS hidden",
        bounds,
    )
    for event_id, moment, salt, text in cursor.fetchall():
        yield event_id, moment, salt, _escaped_our_way(text.encode())


_READERS: Mapping[str, Callable[[Any, Table, str, Sequence[int]], Iterable[_Plain]]] = {
    "sqlite": _from_sqlite,
    "postgresql": _from_postgresql,
}


def _escaped_our_way(hidden: bytes) -> bytes:
    """Return JSON that a database made as `canonical` makes it: they differ in how they escape, and in nothing else."""
    return canonical(orjson.loads(hidden)) if b"\\" in hidden else hidden


def _hidden(table: Table, number: str) -> list[str]:
    return sorted(each.name for each in table.columns if each.name not in (number, "at", "salt"))


def _canonical_instant(stored: Any) -> str:
    """Return the canonical form of an instant as the driver gives it: SQLite has text, in UTC (`columns.Instant`)."""
    return instant(stored if isinstance(stored, datetime) else datetime.fromisoformat(stored).replace(tzinfo=UTC))
