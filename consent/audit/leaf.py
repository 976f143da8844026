"""What of an event goes into its leaf: kind, number, instant, and a salted commitment to all the rest.

    leaf       = {"at": …, "commitment": …, "id": …, "kind": …, "v": 1}      canonical JSON, public
    commitment = SHA-256(salt ‖ canonical JSON of the event's other columns)  hex

Without the event's salt a leaf tells nothing of whom or what it is about: when the events of an erased worker are
deleted, their leaves stay, and every proof with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from consent.audit.tree import leaf_hash

EventKind = Literal["access", "consent"]

_VERSION = 1


def canonical(value: object) -> bytes:
    """Return `value` as JSON with sorted keys, no spaces and UTF-8; instants in UTC with microseconds."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME)


def leaf_data(kind: EventKind, event: Mapping[str, Any]) -> bytes:
    """Return the leaf of an event, given as its row."""
    number = event["id"] if kind == "access" else event["seq"]
    hidden = {name: value for name, value in event.items() if name not in ("id", "seq", "at", "salt")}
    before, between, after = around(kind, instant(event["at"]))
    commitment = hashlib.sha256(event["salt"].encode() + canonical(hidden)).hexdigest()
    return f"{before}{commitment}{between}{number}{after}".encode()


def event_hash(kind: EventKind, event: Mapping[str, Any]) -> bytes:
    """Return the leaf hash of an event."""
    return leaf_hash(leaf_data(kind, event))


def instant(value: datetime) -> str:
    """Return an instant in canonical form."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def around(kind: EventKind, at: str) -> tuple[str, str, str]:
    """Return what stands in a leaf before the commitment, between it and the number, and after that.

    Nothing in the JSON of a leaf needs to be escaped, so it is put together by hand.
    """
    return f'{{"at":"{at}","commitment":"', '","id":', f',"kind":"{kind}","v":{_VERSION}}}'


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return instant(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")
