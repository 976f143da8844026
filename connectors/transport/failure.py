"""What can go wrong with an upstream request.

    UpstreamError
    ├── UpstreamUnavailableError   no answer, a server error, or the breaker is open
    ├── UpstreamTimeoutError       no answer in time
    ├── UpstreamThrottledError     over the platform's rate limit, or ours
    ├── UpstreamUnauthorizedError  the account's credential is no longer accepted
    ├── UpstreamForbiddenError     the credential does not reach that far
    ├── UpstreamMalformedError     an answer that cannot be read, too large, redirected, or refused as a request
    └── PermitEndedError           the permission ended, or there was none

`code` is what a client of the graph reads. No message holds a URL's query, a body or a credential.
"""

from __future__ import annotations

from typing import ClassVar


class UpstreamError(Exception):
    """An upstream request failed."""

    code: ClassVar[str] = "UPSTREAM_UNAVAILABLE"
    is_retryable: ClassVar[bool] = False
    trips_breaker: ClassVar[bool] = False

    def __init__(self, message: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.retry_after = retry_after


class UpstreamUnavailableError(UpstreamError):
    """No answer, or a server error."""

    is_retryable = True
    trips_breaker = True


class UpstreamTimeoutError(UpstreamError):
    """No answer in time."""

    code = "UPSTREAM_TIMEOUT"
    is_retryable = True
    trips_breaker = True


class UpstreamThrottledError(UpstreamError):
    """Over a rate limit; `retry_after` is in seconds where it is known."""

    code = "UPSTREAM_THROTTLED"
    is_retryable = True


class UpstreamUnauthorizedError(UpstreamError):
    """The worker must link the account again."""

    code = "RELINK_NEEDED"


class UpstreamForbiddenError(UpstreamError):
    """The credential lacks a scope at the platform; linking again with that scope helps."""

    code = "RELINK_NEEDED"


class UpstreamMalformedError(UpstreamError):
    """The answer is not what the platform documents."""

    code = "UPSTREAM_MALFORMED"


class PermitEndedError(UpstreamError):
    """Nothing was sent, or what was on its way was dropped, because the permission is gone."""

    code = "CONSENT_ENDED"
