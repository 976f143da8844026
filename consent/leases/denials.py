"""Repeated denials, counted: the first of each kind is logged at once, the rest of its window as one row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from consent.leases.decision import Asker, Reason

WINDOW = timedelta(seconds=60)
"""How long equal denials are counted before their number is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeniedAccess:
    """A denial as the log tells it. Equal ones are counted together; `asker` is stripped of the single request."""

    asker: Asker
    worker_id: str
    platform: str
    account_id: str | None
    category: str
    reason: Reason


class DenialTally:
    """Counts denials by kind. Used by one thread."""

    def __init__(self) -> None:
        self._open: dict[DeniedAccess, tuple[datetime, int]] = {}

    def is_new(self, denial: DeniedAccess, now: datetime) -> bool:
        """Count `denial`; true when it has to be written now, because none like it was in this window."""
        kind = _kind(denial)
        started, repeats = self._open.get(kind, (None, 0))
        if started is None:
            self._open[kind] = (now, 0)
            return True
        self._open[kind] = (started, repeats + 1)
        return False

    def forget(self, denials: Iterable[DeniedAccess]) -> None:
        """Undo `is_new` for denials that could not be written."""
        for denial in denials:
            self._open.pop(_kind(denial), None)

    def due(self, now: datetime, *, everything: bool = False) -> Iterator[tuple[DeniedAccess, int]]:
        """Close the windows that are over (or all) and yield what repeated in them, with its count."""
        while self._open:
            kind, (started, repeats) = next(iter(self._open.items()))
            if not everything and started <= now < started + WINDOW:
                return  # they stand in the order in which they were opened
            del self._open[kind]
            if repeats:
                yield kind, repeats


def _kind(denial: DeniedAccess) -> DeniedAccess:
    return replace(denial, asker=replace(denial.asker, request_id=None))
