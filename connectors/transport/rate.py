"""Token buckets: how fast a platform may be called, for the whole connector or per account."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

_MOST_BUCKETS = 20_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    read_at: float


class RateLimit:
    """`requests` in any `period`, with a burst of as many, per key. Times are readings of one monotonic clock."""

    def __init__(self, requests: int, period: timedelta) -> None:
        self._most = float(requests)
        self._per_second = requests / period.total_seconds()
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def reserve(self, key: str, now: float) -> float:
        """Take one token, which may lie in the future; return the seconds to wait for it."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._most, now)
            if len(self._buckets) > _MOST_BUCKETS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        bucket.tokens = min(self._most, bucket.tokens + (now - bucket.read_at) * self._per_second)
        bucket.read_at = now
        bucket.tokens -= 1
        return max(0.0, -bucket.tokens / self._per_second)

    def give_back(self, key: str) -> None:
        """Return a token that was reserved and not used."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.tokens = min(self._most, bucket.tokens + 1)
