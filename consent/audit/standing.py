"""How far the log is and how far the events are, in one statement: every process asks every second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select
from sqlmodel import col

from consent.audit.events import EVENTS
from consent.audit.leaf import EventKind
from consent.audit.models import AuditCheckpoint, AuditLeaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The highest number of each kind of event, and of those in the log; its length, and what of it is signed."""

    newest: Mapping[EventKind, int]
    logged: Mapping[EventKind, int]
    size: int
    signed: int

    @property
    def is_complete(self) -> bool:
        """Whether every event that can be seen is in the log and signed."""
        return self.size == self.signed and all(self.newest[kind] <= self.logged[kind] for kind in EVENTS)


_NEWEST = {kind: func.max(getattr(model, number)) for kind, (model, number) in EVENTS.items()}
_STANDING = select(
    *(select(newest).scalar_subquery() for newest in _NEWEST.values()),
    *(
        select(func.max(col(AuditLeaf.event_id))).where(col(AuditLeaf.kind) == kind).scalar_subquery()
        for kind in EVENTS
    ),
    select(func.max(col(AuditLeaf.seq))).scalar_subquery(),
    select(func.max(col(AuditCheckpoint.size))).scalar_subquery(),
)


def standing(connection: Connection) -> Standing:
    """Return how far everything is, as the transaction sees it."""
    *numbers, last, signed = connection.execute(_STANDING).one()
    kinds = len(EVENTS)
    return Standing(
        newest={kind: number or 0 for kind, number in zip(EVENTS, numbers[:kinds], strict=True)},
        logged={kind: number or 0 for kind, number in zip(EVENTS, numbers[kinds:], strict=True)},
        size=0 if last is None else last + 1,
        signed=signed or 0,
    )
