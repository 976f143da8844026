"""How both providers word errors, and how they answer conditional requests."""

import hashlib
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox.answers import JSONAnswer
from connectors.sandbox.quota import QuotaReading

__all__ = ["ProblemEnvelope", "conditional", "digest_of", "problem"]


class ProblemEnvelope:
    """`application/problem+json` (RFC 9457)."""

    def throttled(self, reading: QuotaReading) -> Response:
        """429 with `Retry-After`."""
        return problem(429, "too many requests", {"Retry-After": str(reading.retry_after)})

    def broken(self) -> Response:
        """500."""
        return problem(500, "unexpected")

    def unknown_path(self) -> Response:
        """404."""
        return problem(404, "there is nothing here")

    def quota_headers(self, reading: QuotaReading) -> Mapping[str, str]:
        """What is left, as many services tell it."""
        return {"X-RateLimit-Remaining": str(reading.remaining)}


def problem(status: int, title: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error."""
    return JSONAnswer({"status": status, "title": title}, status_code=status, headers=headers)


def digest_of(content: Any) -> str:
    """Return an entity tag of something."""
    return f'"{hashlib.sha256(repr(content).encode()).hexdigest()[:16]}"'


def conditional(request: Request, etag: str, answer: Response) -> Response:
    """Return `answer` with its tag, or 304 for a caller that has it already (RFC 9110 §13.1.2)."""
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    answer.headers["ETag"] = etag
    return answer
