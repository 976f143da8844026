"""A circuit breaker: a platform that keeps failing is left alone for a while.

closed ──failures in a row──► open ──cool-down──► half open ──success──► closed
                               ▲                      │
                               └──failure, twice as long (up to a limit)
"""

from __future__ import annotations

from typing import Literal

BreakerState = Literal["closed", "open", "half_open"]


class CircuitBreaker:
    """Counts failures in a row. Times are readings of one monotonic clock, in seconds."""

    def __init__(self, *, failures: int = 8, cool_down: float = 1.0, longest: float = 30.0) -> None:
        self._limit = failures
        self._first = cool_down
        self._longest = longest
        self._cool_down = cool_down
        self._failures = 0
        self._opened_at: float | None = None
        self._probing_since: float | None = None

    def state(self, now: float) -> BreakerState:
        """Say how the breaker stands."""
        if self._opened_at is None:
            return "closed"
        return "half_open" if now - self._opened_at >= self._cool_down else "open"

    def admits(self, now: float) -> bool:
        """Whether a request may go out; while half open, one at a time."""
        match self.state(now):
            case "closed":
                return True
            case "open":
                return False
            case _:
                if self._probing_since is not None and now - self._probing_since < self._longest:
                    return False
                self._probing_since = now
                return True

    def succeeded(self) -> None:
        """A request was answered."""
        self._failures = 0
        self._opened_at = self._probing_since = None
        self._cool_down = self._first

    def failed(self, now: float) -> None:
        """A request met a failure that tells something of the platform's state."""
        if self._probing_since is not None:
            self._cool_down = min(self._longest, self._cool_down * 2)
            self._opened_at, self._probing_since = now, None
            return
        self._failures += 1
        if self._failures >= self._limit and self._opened_at is None:
            self._opened_at = now

    def abandoned(self) -> None:
        """A request was given up without a verdict; another probe may go out."""
        self._probing_since = None
