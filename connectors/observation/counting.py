"""What one process has counted since it last wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Self

from connectors.runtime.health import Drift
from connectors.transport.upstream import UpstreamCounters


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Sums over requests."""

    requests: int = 0
    answered: int = 0
    failed: int = 0
    throttled: int = 0
    retried: int = 0
    slow: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, counters: UpstreamCounters) -> Self:
        """Return what an upstream has counted so far."""
        return cls(**{each.name: getattr(counters, each.name) for each in fields(cls)})

    def since(self, earlier: Traffic) -> Traffic:
        """Return what was added since `earlier`; all of it where the counters have begun anew."""
        if any(now < before for now, before in zip(astuple(self), astuple(earlier), strict=True)):
            return self
        return Traffic(
            **{each.name: getattr(self, each.name) - getattr(earlier, each.name) for each in fields(Traffic)}
        )


class Tally:
    """Turns sums since the start into what is new since the last look."""

    def __init__(self) -> None:
        self._traffic: dict[str, Traffic] = {}
        self._drift: dict[tuple[str, str, str, str], int] = {}

    def traffic(self, platform: str, counters: UpstreamCounters) -> Traffic:
        """Return the requests to a platform that are new."""
        now = Traffic.of(counters)
        earlier, self._traffic[platform] = self._traffic.get(platform, Traffic()), now
        return now.since(earlier)

    def drift(self, platform: str, lines: Sequence[Drift]) -> Iterator[tuple[Drift, int]]:
        """Yield the places that have drifted again, with how often."""
        for line in lines:
            key = (platform, line.connect, line.code, line.path)
            earlier, self._drift[key] = self._drift.get(key, 0), line.count
            fresh = line.count - earlier if line.count >= earlier else line.count
            if fresh:
                yield line, fresh
