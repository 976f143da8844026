"""Upstream HTTP: every request that connectors make goes through here.

    request ─► permit open? ─► breaker ─► rate ─► concurrency ─► permit open? ─► aiohttp ─► bounded body ─► outcome
                                  ▲                                              │
                                  └──────────── retry with jitter ◄──────────────┘

Reading order:
    message    requests, responses
    credential what proves a request
    aws_signature  the same by a signature of AWS's kind
    failure    what can go wrong
    permit     the permission that every request needs
    address    which hosts may be reached
    rate       token buckets
    breaker    the circuit breaker
    retry      which failures are tried again, and when
    wire       one HTTP exchange over aiohttp
    upstream   one platform's service: puts the above in order
"""

from connectors.transport.credential import AccountCredential, BodyCredential, Credential
from connectors.transport.failure import (
    PermitEndedError,
    UpstreamError,
    UpstreamForbiddenError,
    UpstreamMalformedError,
    UpstreamThrottledError,
    UpstreamTimeoutError,
    UpstreamUnauthorizedError,
    UpstreamUnavailableError,
)
from connectors.transport.message import UpstreamRequest, UpstreamResponse
from connectors.transport.permit import Permit
from connectors.transport.upstream import Upstream, UpstreamLimits
from connectors.transport.wire import Wire

__all__ = [
    "AccountCredential",
    "BodyCredential",
    "Credential",
    "Permit",
    "PermitEndedError",
    "Upstream",
    "UpstreamError",
    "UpstreamForbiddenError",
    "UpstreamLimits",
    "UpstreamMalformedError",
    "UpstreamRequest",
    "UpstreamResponse",
    "UpstreamThrottledError",
    "UpstreamTimeoutError",
    "UpstreamUnauthorizedError",
    "UpstreamUnavailableError",
    "Wire",
]
