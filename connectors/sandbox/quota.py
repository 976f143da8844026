"""Rate limits: fixed windows, counted per key."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from connectors.sandbox.world import Clock

__all__ = ["Quota", "QuotaMeter", "QuotaReading"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """So many requests per window, counted per access token or per client address."""

    limit: int
    seconds: int
    counted_by: Literal["token", "address"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaReading:
    """What a quota says about one request: allowed or not, what is left, when the window ends."""

    allowed: bool
    limit: int
    remaining: int
    resets_at: datetime
    retry_after: int


class QuotaMeter:
    """Counts requests against a quota."""

    def __init__(self, quota: Quota, clock: Clock) -> None:
        self.quota = quota
        self._clock = clock
        self._window = -1
        self._counts: dict[str, int] = {}

    def count(self, key: str, *, limit: int | None = None) -> QuotaReading:
        """Count one request under `key` and say whether it fits; `limit` replaces the quota's own."""
        now = self._clock()
        window = int(now.timestamp()) // self.quota.seconds
        if window != self._window:
            self._window = window
            self._counts.clear()
        used = self._counts.get(key, 0) + 1
        self._counts[key] = used
        allowed_in_window = self.quota.limit if limit is None else limit
        resets_at = datetime.fromtimestamp((window + 1) * self.quota.seconds, UTC)
        return QuotaReading(
            allowed=used <= allowed_in_window,
            limit=allowed_in_window,
            remaining=max(0, allowed_in_window - used),
            resets_at=resets_at,
            retry_after=max(1, round((resets_at - now) / timedelta(seconds=1))),
        )

    def reset(self) -> None:
        """Forget what was counted."""
        self._counts.clear()
