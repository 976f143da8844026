"""Which pages of other origins may call `/graphql` from a browser (CORS): those that the operator lists; none at first.

Cookies mean nothing here, so credentials are never allowed: a page brings its own token.
"""

from __future__ import annotations

from gateway.server.http_response import Headers

ANY = "*"

_EXPOSED = (b"access-control-expose-headers", b"x-request-id, www-authenticate, dpop-nonce, retry-after")
_PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"authorization, content-type, dpop, traceparent, tracestate"),
    (b"access-control-max-age", b"3600"),
)


class CrossOrigin:
    """The rule for a set of origins; `*` stands for all."""

    def __init__(self, origins: frozenset[str]) -> None:
        self._any = ANY in origins
        self._origins = frozenset(origin.encode() for origin in origins)

    def headers(self, headers: dict[bytes, bytes]) -> Headers:
        """Return what an answer to these request headers must carry; nothing for an origin that is not allowed."""
        origin = headers.get(b"origin")
        if origin is None or not (self._any or origin in self._origins):
            return ()
        if self._any:
            return ((b"access-control-allow-origin", b"*"), _EXPOSED)
        return ((b"access-control-allow-origin", origin), (b"vary", b"origin"), _EXPOSED)

    def preflight(self, headers: dict[bytes, bytes]) -> Headers | None:
        """Return the further headers for a preflight (an OPTIONS request) that is allowed; None for something else."""
        if b"access-control-request-method" not in headers or not self.headers(headers):
            return None
        return _PREFLIGHT


def parse_origins(text: str) -> frozenset[str]:
    """Return the origins of a comma-separated list."""
    return frozenset(origin for each in text.split(",") if (origin := each.strip()))
