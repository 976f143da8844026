"""AWS Signature Version 4: signs a request with a secret that never travels.

    canonical request ─SHA-256─► string to sign ─HMAC with a key made for day, region and service─► Authorization

After AWS's public description, "Create a signed AWS API request". Every header that the request has is signed,
with `host` and `x-amz-date`.
"""

from __future__ import annotations

import hashlib
import hmac
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit

from connectors.transport.message import UpstreamRequest

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNRESERVED = "-_.~"
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsKey:
    """An access key, and the region and service that it is used for."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsCredential:
    """Signs each attempt anew, at the moment that `clock` tells."""

    account_id: str
    key: AwsKey = field(repr=False)
    clock: Callable[[], datetime]

    def prove(self, request: UpstreamRequest) -> UpstreamRequest:
        """Return the request with its signature."""
        return replace(request, headers={**request.headers, **signature_headers(request, self.key, self.clock())})


def signature_headers(request: UpstreamRequest, key: AwsKey, now: datetime) -> Mapping[str, str]:
    """Return the headers that sign `request` at `now`: `X-Amz-Date` and `Authorization`."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {name.lower(): " ".join(value.split()) for name, value in request.headers.items()}
    headers |= {"host": _host(request.url), "x-amz-date": stamp}
    names = ";".join(sorted(headers))
    scope = f"{stamp[:8]}/{key.region}/{key.service}/aws4_request"
    digest = hashlib.sha256(canonical_request(request, headers).encode()).hexdigest()
    signature = hmac.digest(
        _signing_key(key, stamp[:8]), f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}".encode(), "sha256"
    )
    credential = f"Credential={key.access_key_id}/{scope}"
    return {
        "X-Amz-Date": stamp,
        "Authorization": f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature.hex()}",
    }


def canonical_request(request: UpstreamRequest, headers: Mapping[str, str]) -> str:
    """Return the text whose digest is signed; `headers` are in lower case with their spaces folded."""
    parts = urlsplit(request.url)
    return "\n".join(
        (
            request.method,
            _path(parts.path),
            _query(parts.query),
            *(f"{name}:{headers[name]}" for name in sorted(headers)),
            "",
            ";".join(sorted(headers)),
            hashlib.sha256(request.body or b"").hexdigest(),
        )
    )


def _host(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{parts.port}"


def _path(path: str) -> str:
    """Dot segments and doubled slashes go; what the URL has encoded already is encoded once more."""
    normal = posixpath.normpath("/" + path.lstrip("/"))
    if path.endswith(("/", "/.", "/..")) and normal != "/":
        normal += "/"
    return quote(normal, safe=f"/{_UNRESERVED}")


def _query(query: str) -> str:
    pairs = [pair.partition("=")[::2] for pair in query.split("&") if pair]
    encoded = [tuple(quote(unquote(part), safe=_UNRESERVED) for part in pair) for pair in pairs]
    return "&".join("=".join(pair) for pair in sorted(encoded))


def _signing_key(key: AwsKey, day: str) -> bytes:
    secret = f"AWS4{key.secret_access_key}".encode()
    for part in (day, key.region, key.service, "aws4_request"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    return secret
