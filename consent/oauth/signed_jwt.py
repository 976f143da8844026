"""Signed JWTs from clients: assertions and proofs. Algorithms are ours to choose, never the header's.

ES256, PS256 and Ed25519 (RFC 9864's name) are accepted: no `none`, no shared secrets, no RSASSA-PKCS1 (FAPI 2.0 §5.4).
Keys come from the registration or, for a DPoP proof, from its `jwk`; `jku`, `x5u` and `x5c` are never followed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

ALGORITHMS: Final = ("ES256", "PS256", "Ed25519")
# Header parameters that nobody here knows are ignored (RFC 7515 §4), as long as `crit` does not name them.
_REGISTRY: Final = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
_MAX_LENGTH: Final = 8_192
_MIN_MODULUS: Final = 342
"""Characters of a 2048-bit RSA modulus in base64url: shorter ones are not even read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedJwt:
    """A JWT's header and claims. Nothing is proved before `is_signed_by`."""

    text: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    def is_signed_by(self, key: Key) -> bool:
        """Whether the signature is `key`'s, under one of our algorithms."""
        try:
            jws.deserialize_compact(self.text, key, registry=_REGISTRY)
        except (JoseError, ValueError, TypeError):
            return False
        return True


def read_jwt(text: str) -> SignedJwt | None:
    """Take a compact JWT apart without verifying it; None for anything else, or an algorithm that is not ours."""
    if len(text) > _MAX_LENGTH or not text.isascii():
        return None
    try:
        parts = jws.extract_compact(text.encode())
        claims = json.loads(parts.payload)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        return None
    header = parts.headers()
    if not isinstance(claims, dict) or header.get("alg") not in ALGORITHMS or "crit" in header or "b64" in header:
        return None
    return SignedJwt(text=text, header=header, claims=claims)


def read_public_key(value: object) -> Key | None:
    """Return a public key of a kind that we accept; a private one is no public key."""
    if not isinstance(value, dict) or not all(isinstance(part, str | list) for part in value.values()):
        return None
    if {"d", "p", "q", "k"} & value.keys():
        return None
    if value.get("kty") == "RSA" and len(str(value.get("n", ""))) < _MIN_MODULUS:
        return None
    try:
        key = import_key(value)
        match key:
            case ECKey() if key.curve_name == "P-256":
                return key
            case OKPKey() if value.get("crv") == "Ed25519":
                return key
            case RSAKey():
                return key
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None


def number_of(claims: Mapping[str, Any], name: str) -> float | None:
    """Return a NumericDate claim (RFC 7519 §2), or None when it is absent or none."""
    value = claims.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53 else None
