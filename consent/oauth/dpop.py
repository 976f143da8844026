"""DPoP (RFC 9449): a token is of use only to who holds the key that it was issued for.

A proof is a JWT that the client signs per request, over method, address, time, and at the resource server the token.
Nonces are ours, so that proofs cannot be made in advance; they are an authenticated time stamp under a key that all
processes share, so that any of them accepts what another gave out.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from sqlalchemy import Connection

from consent.oauth.replay import use_once
from consent.oauth.signed_jwt import number_of, read_jwt, read_public_key
from consent.values import hot_value

NONCE_LIFETIME: Final = timedelta(minutes=5)
_PAST: Final = timedelta(minutes=5)
_FUTURE: Final = timedelta(seconds=60)
_MAX_JTI: Final = 256


@hot_value
class Presented:
    """What a request shows: every `DPoP` header it has, its method, and the address it was sent to."""

    proofs: Sequence[str] = field(repr=False)
    method: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """The SHA-256 thumbprint (RFC 7638) of the key that the sender holds."""

    jkt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRefused:
    """Why a proof does not count. With `use_dpop_nonce` the answer carries a fresh nonce."""

    error: Literal["invalid_dpop_proof", "use_dpop_nonce"]
    description: str


class Nonces:
    """Makes and recognizes nonces. Every process needs the same key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, now: datetime) -> str:
        """Return a nonce that lives for `NONCE_LIFETIME`."""
        stamp = struct.pack(">Q", int(now.timestamp()))
        return base64.urlsafe_b64encode(stamp + self._tag(stamp)).rstrip(b"=").decode()

    def is_fresh(self, nonce: object, now: datetime) -> bool:
        """Whether `nonce` is one of ours and not too old."""
        if not isinstance(nonce, str) or len(nonce) != 32:
            return False
        try:
            raw = base64.b64decode(nonce, altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return False
        stamp, tag = raw[:8], raw[8:]
        age = now.timestamp() - struct.unpack(">Q", stamp)[0]
        return hmac.compare_digest(tag, self._tag(stamp)) and -1 <= age < NONCE_LIFETIME.total_seconds()

    def _tag(self, stamp: bytes) -> bytes:
        return hmac.new(self._key, b"dpop:" + stamp, hashlib.sha256).digest()[:16]


def check_proof(
    connection: Connection, presented: Presented, nonces: Nonces, *, now: datetime, access_token: str | None = None
) -> Proven | ProofRefused:
    """Check the one proof of a request (RFC 9449 §4.3). `access_token` is the one it must be made for."""
    if len(presented.proofs) != 1:
        return _refuse("There must be exactly one DPoP header.")
    jwt = read_jwt(presented.proofs[0])
    if jwt is None or jwt.header.get("typ") != "dpop+jwt":
        return _refuse("The DPoP header is no proof that is signed with ES256, PS256 or Ed25519.")
    key = read_public_key(jwt.header.get("jwk"))
    if key is None or not jwt.is_signed_by(key):
        return _refuse("The proof is not signed by the public key that it names.")
    if problem := _claims_problem(jwt.claims, presented, now, access_token):
        return _refuse(problem)
    if not nonces.is_fresh(jwt.claims.get("nonce"), now):
        return ProofRefused(error="use_dpop_nonce", description="Repeat the request with the nonce given here.")
    jkt = key.thumbprint()
    until = datetime.fromtimestamp(float(jwt.claims["iat"]), UTC) + _PAST + _FUTURE
    if not use_once(connection, "dpop", jkt, jwt.claims["jti"], until=until):
        return _refuse("The proof was used before.")
    return Proven(jkt=jkt)


def _claims_problem(
    claims: Mapping[str, Any], presented: Presented, now: datetime, access_token: str | None
) -> str | None:
    jti, issued = claims.get("jti"), number_of(claims, "iat")
    if not isinstance(jti, str) or not 0 < len(jti) <= _MAX_JTI:
        return "The proof has no jti."
    if claims.get("htm") != presented.method:
        return "The proof is for another method."
    if _address(claims.get("htu")) != _address(presented.url):
        return "The proof is for another address."
    at = now.timestamp()
    if issued is None or not at - _PAST.total_seconds() <= issued <= at + _FUTURE.total_seconds():
        return "The proof is too old or from the future."
    if access_token is not None and claims.get("ath") != token_hash(access_token):
        return "The proof is for another access token."
    return None


def token_hash(access_token: str) -> str:
    """Return `ath`: the base64url SHA-256 of an access token."""
    return base64.urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()).rstrip(b"=").decode()


def _address(url: object) -> tuple[str, str, int | None, str] | None:
    """Return what counts of an address: no query or fragment, scheme and host in lower case, default port left out."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if port == {"https": 443, "http": 80}.get(parts.scheme):
        port = None
    return (parts.scheme, (parts.hostname or "").lower(), port, parts.path or "/")


def _refuse(description: str) -> ProofRefused:
    return ProofRefused(error="invalid_dpop_proof", description=description)
