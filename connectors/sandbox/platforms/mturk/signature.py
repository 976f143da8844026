"""AWS Signature Version 4, checked as the receiving side does (AWS documentation, "Signing AWS API requests").

Authorization: AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/<service>/aws4_request,
               SignedHeaders=host;x-amz-date;…, Signature=<hex>
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import parse_qsl, quote

__all__ = ["REGION", "SERVICE", "SignatureFault", "SignedRequest", "check_signature"]

REGION = "us-east-1"
SERVICE = "mturk-requester"

_SKEW = timedelta(minutes=5)
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<id>[^/\s,]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)"
    r"/aws4_request,\s*SignedHeaders=(?P<headers>[a-z0-9;-]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)

SignatureFault = Literal[
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """The parts of a request that a signature covers; header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def check_signature(request: SignedRequest, secrets: Mapping[str, str], now: datetime) -> SignatureFault | None:
    """Return AWS's name for what is wrong with a signature, or None."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        return "MissingAuthenticationTokenException"
    match = _AUTHORIZATION.fullmatch(authorization.strip())
    stamp = request.headers.get("x-amz-date", "")
    signed = match["headers"].split(";") if match else []
    if match is None or not {"host", "x-amz-date"} <= set(signed) or not re.fullmatch(r"\d{8}T\d{6}Z", stamp):
        return "IncompleteSignatureException"
    secret = secrets.get(match["id"])
    if secret is None:
        return "UnrecognizedClientException"
    signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    is_in_scope = (match["date"], match["region"], match["service"]) == (stamp[:8], REGION, SERVICE)
    if not is_in_scope or abs(now - signed_at) > _SKEW:
        return "InvalidSignatureException"
    expected = _signature(request, secret, signed, stamp)
    return None if hmac.compare_digest(expected, match["signature"]) else "InvalidSignatureException"


def _signature(request: SignedRequest, secret: str, signed: list[str], stamp: str) -> str:
    headers = "".join(f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed)
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(parse_qsl(request.query, keep_blank_values=True))
    )
    canonical = "\n".join(
        (
            request.method,
            quote(request.path, safe="/-_.~"),
            query,
            headers,
            ";".join(signed),
            hashlib.sha256(request.body).hexdigest(),
        )
    )
    scope = f"{stamp[:8]}/{REGION}/{SERVICE}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in (stamp[:8], REGION, SERVICE, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
