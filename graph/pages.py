"""Relay pages over lists in a stable order: a cursor names a position by its sort key, not by its number.

So a page continues where the last one ended even when the list has changed in between.
"""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from graph.errors import InvalidArgumentError, InvalidCursorError

Key = tuple[int | float | str, ...]
Item = TypeVar("Item")

MAX_FIRST = 100
MAX_CURSOR = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """Some items of a list, each with its cursor."""

    items: tuple[tuple[str, Item], ...]
    has_next: bool
    has_previous: bool
    total: int


def page_of(entries: Sequence[tuple[Key, Item]], *, first: int, after: str | None) -> Page[Item]:
    """Return the `first` items after a cursor. `entries` are in the order of their keys, which are of one shape.

    Raises `InvalidArgumentError` and `InvalidCursorError`.
    """
    if not 0 <= first <= MAX_FIRST:
        raise InvalidArgumentError(f"first must be from 0 to {MAX_FIRST}.")
    start = 0
    if after is not None:
        key = decode_cursor(after)
        try:
            start = bisect_right(entries, key, key=lambda entry: entry[0])
        except TypeError:
            raise InvalidCursorError from None
    chosen = entries[start : start + first]
    return Page(
        items=tuple((encode_cursor(key), item) for key, item in chosen),
        has_next=start + len(chosen) < len(entries),
        has_previous=start > 0,
        total=len(entries),
    )


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
