"""How fast a platform may be called: at most so many requests in any period, per connector or per account.

A sliding log, not a token bucket: a bucket lets twice the number through around a refill, which a platform that
counts in fixed windows refuses.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import timedelta

_MOST_KEYS = 20_000


class RateLimit:
    """`requests` in any `period`, per key. Times are readings of one monotonic clock, in seconds."""

    def __init__(self, requests: int, period: timedelta) -> None:
        self._most = requests
        self._period = period.total_seconds()
        self._logs: OrderedDict[str, deque[float]] = OrderedDict()

    def reserve(self, key: str, now: float) -> float:
        """Book the next free moment for one request; return the seconds until then."""
        log = self._logs.setdefault(key, deque())
        self._logs.move_to_end(key)
        while log and log[0] <= now - self._period:
            log.popleft()
        if not log and len(self._logs) > _MOST_KEYS:
            self._logs.popitem(last=False)
        at = now if len(log) < self._most else max(now, log[-self._most] + self._period)
        log.append(at)
        return at - now

    def give_back(self, key: str) -> None:
        """Cancel the latest booking."""
        log = self._logs.get(key)
        if log:
            log.pop()
