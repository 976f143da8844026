"""A Relay connection over a stream of records, with cursors that survive new records coming in.

A cursor holds where its page began, when its record began, and the record's pseudonym. Going on from it, that page
is read again and everything up to that record is skipped, even when it has moved on because newer ones came in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.runtime.pages import Batch, Page, Span, moment, started_at
from connectors.runtime.provenance import instant
from connectors.runtime.pseudonym import Pseudonyms
from connectors.schema.definition import Connect

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What a cursor holds; `index` is the record's place in the page that `start` asks for."""

    start: Mapping[str, Json]
    index: int
    began: datetime | None
    ref: str

    def seal(self, pseudonyms: Pseudonyms) -> str:
        """Return the cursor."""
        return pseudonyms.seal({"s": dict(self.start), "i": self.index, "t": instant(self.began), "r": self.ref})


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The records that a connection shows, each with its page, and whether more follow."""

    placed: Sequence[tuple[Page, Json]]
    has_more: bool


def open_position(cursor: str, pseudonyms: Pseudonyms) -> Position:
    """Return what `cursor` holds. Raises `CursorError`."""
    held = pseudonyms.open(cursor)
    return Position(start=held["s"], index=held["i"], began=moment(held["t"]), ref=held["r"])


def position_of(page: Page, record: Json, connect: Connect, pseudonyms: Pseudonyms) -> Position:
    """Return the position of a record in its page."""
    start = {name: page.variables[name] for name in ("offset", "number", "cursor") if page.variables.get(name)}
    index = next((place for place, each in enumerate(page.records) if each is record), 0)
    if connect.paging is not None and connect.paging.style == "OFFSET":
        start, index = {"offset": page.variables.get("offset", 0) + index}, 0
    return Position(
        start=start,
        index=index,
        began=started_at(record),
        ref=pseudonyms.name("engagement", str(record.get("ref"))),
    )


def holds(batch: Batch, position: Position, pseudonyms: Pseudonyms) -> bool:
    """Whether the record at `position` is in `batch`."""
    return any(pseudonyms.name("engagement", str(record.get("ref"))) == position.ref for record in batch.records)


def resumed(span: Span, position: Position, *, is_windowed: bool) -> Span:
    """Return the span that is left to read after `position`."""
    if is_windowed and position.began is not None:
        return Span(since=span.since, until=position.began)
    return span


def cut(batch: Batch, first: int, after: Position | None, pseudonyms: Pseudonyms) -> Slice:
    """Return the first records after a position, every record once."""
    placed: list[tuple[Page, Json]] = []
    seen: set[str] = set()
    for page in batch.pages:
        for record in page.records:
            ref = str(record.get("ref"))
            if ref not in seen:
                seen.add(ref)
                placed.append((page, record))
    if after is not None:
        names = [pseudonyms.name("engagement", str(record.get("ref"))) for _, record in placed]
        placed = placed[names.index(after.ref) + 1 :] if after.ref in names else placed
    return Slice(placed=placed[:first], has_more=batch.has_more or len(placed) > first)
