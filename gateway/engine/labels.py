"""Which progressive overrides are active for a request (`@override(label:)`).

`percent(x)` is active for x percent of the requests, each label decided by itself. Any other label is the application's
to decide, for each session.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from random import SystemRandom
from typing import Any

from gateway.planner import Supergraph

_RANDOM = SystemRandom()
_PERCENT = re.compile(r"percent\(([0-9.]+)\)")

ChooseLabels = Callable[[Any, Collection[str]], Collection[str]]
"""(session, the labels that there are) → those that are active for this session."""


class OverrideLabels:
    """The labels of one supergraph. `roll` returns numbers from 0 to 1."""

    __slots__ = ("_choose", "_custom", "_percent", "_roll")

    def __init__(
        self, supergraph: Supergraph, choose: ChooseLabels | None, roll: Callable[[], float] = _RANDOM.random
    ) -> None:
        labels = {
            own.label[0]
            for info in supergraph.types.values()
            for field in info.fields.values()
            for own in field.owners.values()
            if own.label is not None
        }
        shares = {label: _PERCENT.fullmatch(label) for label in sorted(labels)}
        self._percent = tuple((label, float(match[1]) / 100) for label, match in shares.items() if match)
        self._custom = frozenset(label for label, match in shares.items() if match is None)
        self._choose = choose
        self._roll = roll

    def active(self, session: Any) -> frozenset[str]:
        """Return the labels that are active for one request of `session`."""
        found = {label for label, share in self._percent if self._roll() < share}
        if self._custom and self._choose is not None:
            found |= self._custom.intersection(self._choose(session, self._custom))
        return frozenset(found)
