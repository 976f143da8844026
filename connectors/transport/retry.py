"""Which failures are tried again, and after how long."""

from __future__ import annotations

from dataclasses import dataclass
from random import SystemRandom

from connectors.transport.failure import UpstreamError


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Full jitter over a doubling backoff; a platform's own `Retry-After` wins up to `most_wait` seconds."""

    attempts: int = 3
    first_wait: float = 0.1
    most_wait: float = 5.0

    def wait_before(self, attempt: int, failure: UpstreamError, *, is_safe: bool, left: float) -> float | None:
        """Return the seconds to wait before attempt number `attempt` (from 2), or None to give up.

        `left` is what remains of the budget, in seconds.
        """
        if not is_safe or not failure.is_retryable or attempt > self.attempts:
            return None
        if failure.retry_after is not None:
            wait = failure.retry_after
            return wait if wait <= min(self.most_wait, left) else None
        wait = SystemRandom().uniform(0, self.first_wait * 2 ** (attempt - 2))
        return wait if wait < left else None
