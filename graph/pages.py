"""Relay pages over lists in a stable order, forward and backward: a cursor names a position by its sort key.

So a page continues where the last one ended even when the list has changed in between.
"""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from graph.errors import InvalidArgumentError, InvalidCursorError

Key = tuple[int | float | str, ...]
Item = TypeVar("Item")

MAX_FIRST = 100
MAX_CURSOR = 4_000


USUAL = 20
"""How many items a page has when nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which page of a list is asked for: the first ones after a cursor, or the last ones before one (Relay §4)."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    usual: int = USUAL

    @property
    def is_backward(self) -> bool:
        """Whether it is counted from the end: with `last`, or with `before` and nothing else."""
        return self.last is not None or (self.before is not None and self.first is None and self.after is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """Some items of a list, each with its cursor."""

    items: tuple[tuple[str, Item], ...]
    has_next: bool
    has_previous: bool
    total: int


def page_of(entries: Sequence[tuple[Key, Item]], span: Span) -> Page[Item]:
    """Return the items that a span asks for. `entries` are in the order of their keys, which are of one shape.

    Raises `InvalidArgumentError` and `InvalidCursorError`.
    """
    if span.first is not None and span.last is not None:
        raise InvalidArgumentError("Give first or last, not both.")
    for name, number in (("first", span.first), ("last", span.last)):
        if number is not None and not 0 <= number <= MAX_FIRST:
            raise InvalidArgumentError(f"{name} must be from 0 to {MAX_FIRST}.")
    start, end = 0, len(entries)
    if span.after is not None:
        start = bisect_right(entries, _position(span.after, entries), key=lambda entry: entry[0])
    if span.before is not None:
        end = max(start, bisect_left(entries, _position(span.before, entries), key=lambda entry: entry[0]))
    if span.is_backward:
        start = max(start, end - (span.usual if span.last is None else span.last))
    else:
        end = min(end, start + (span.usual if span.first is None else span.first))
    return Page(
        items=tuple((encode_cursor(key), item) for key, item in entries[start:end]),
        has_next=end < len(entries),
        has_previous=start > 0,
        total=len(entries),
    )


def _position(cursor: str, entries: Sequence[tuple[Key, Item]]) -> Key:
    """Return a cursor's key. Raises `InvalidCursorError` when it is not of the shape that this list's keys have."""
    key = decode_cursor(cursor)
    if entries and [isinstance(each, str) for each in key] != [isinstance(each, str) for each in entries[0][0]]:
        raise InvalidCursorError
    return key


def encode_cursor(key: Key) -> str:
    """Return a sort key as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps(key, ensure_ascii=False).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> Key:
    """Return the sort key of a cursor. Raises `InvalidCursorError`."""
    if len(cursor) > MAX_CURSOR:
        raise InvalidCursorError
    try:
        key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidCursorError from None
    if not isinstance(key, list) or not key or not all(isinstance(each, int | float | str) for each in key):
        raise InvalidCursorError
    return tuple(key)
