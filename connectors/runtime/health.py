"""How a connector fares: what its platform answered, and where answers have drifted from what is mapped.

Drift is told by key names and JSON types only, never by values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.mapping import Problem
from connectors.transport import Upstream
from connectors.transport.breaker import BreakerState

_MOST_LINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One place of a mapping that its platform's answers no longer fit: how often, and since when."""

    connect: str
    code: str
    path: str
    message: str
    count: int
    first_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A connector's counters since this process began; `mean_seconds` over answered requests."""

    platform: str
    breaker: BreakerState
    requests: int
    answered: int
    failed: int
    throttled: int
    retried: int
    mean_seconds: float | None
    failures: Mapping[str, int]
    drift: Sequence[Drift]


class DriftLog:
    """Collects the complaints of mappings."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str, str], Drift] = {}

    def note(self, connect: str, problems: Iterable[Problem], at: datetime) -> None:
        """Count complaints about one answer."""
        for problem in problems:
            key = (connect, problem.code, problem.path)
            known = self._lines.get(key)
            if known is None and len(self._lines) >= _MOST_LINES:
                continue
            self._lines[key] = Drift(
                connect=connect,
                code=problem.code,
                path=problem.path,
                message=problem.message,
                count=problem.count + (known.count if known is not None else 0),
                first_seen=known.first_seen if known is not None else at,
            )

    def lines(self) -> list[Drift]:
        """Return what was noted, the most frequent first."""
        return sorted(self._lines.values(), key=lambda line: (-line.count, line.connect, line.path))


def health_of(upstream: Upstream, drift: DriftLog) -> Health:
    """Return a connector's health."""
    counters = upstream.counters
    return Health(
        platform=upstream.platform,
        breaker=upstream.breaker_state,
        requests=counters.requests,
        answered=counters.answered,
        failed=counters.failed,
        throttled=counters.throttled,
        retried=counters.retried,
        mean_seconds=counters.seconds / counters.answered if counters.answered else None,
        failures=dict(counters.codes),
        drift=drift.lines(),
    )
