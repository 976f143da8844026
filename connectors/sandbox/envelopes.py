"""An envelope for platforms that word three answers, hint with `Retry-After`, and tell nothing of what is left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.responses import Response

from connectors.sandbox.quota import QuotaReading

__all__ = ["WordedEnvelope"]

Words = tuple[int, *tuple[str, ...]]
"""A status, and the words that the platform has for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordedEnvelope:
    """`answer(status, *words)` makes the platform's error; `headers` go with it. `hints` says when to come back."""

    answer: Callable[..., Response]
    over_limit: Words
    failure: Words
    nowhere: Words
    hints: bool = True

    def throttled(self, reading: QuotaReading) -> Response:
        """Answer a request over the rate limit."""
        response = self.answer(*self.over_limit)
        if self.hints:
            response.headers["Retry-After"] = str(reading.retry_after)
        return response

    def broken(self) -> Response:
        """Answer a request that met a server error."""
        return self.answer(*self.failure)

    def unknown_path(self) -> Response:
        """Answer a request for a path that the platform does not have."""
        return self.answer(*self.nowhere)

    def quota_headers(self, reading: QuotaReading) -> Mapping[str, str]:
        """Tell nothing."""
        return {}
