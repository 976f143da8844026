"""Machine secrets: minting and fingerprints of codes, tokens, request handles and client secrets.

Every such secret is 256 bits from the operating system's generator, so that guessing it is out of the question and
a plain SHA-256 fingerprint is the right thing to store: a slow hash (argon2id) protects *guessable* secrets such as
passwords, and would only add 200 ms to each request here. Look-ups are by fingerprint, so nothing secret is compared
byte by byte. Each kind has a prefix, which tells kinds apart, lets secret scanners find a leaked one,
and stops a refresh token or code from being presented as an access token.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

ACCESS_TOKEN: Final = "gwa_"
REFRESH_TOKEN: Final = "gwr_"
AUTHORIZATION_CODE: Final = "gwc_"
REQUEST_HANDLE: Final = "gwq_"
CLIENT_SECRET: Final = "gws_"
SESSION: Final = "gwn_"
SIGN_IN_STATE: Final = "gwi_"
INVITATION: Final = "gwv_"
REGISTRATION_TOKEN: Final = "gwd_"

TOKEN_REF_LENGTH: Final = 12
"""Hex digits of a fingerprint that stand for a token in logs: enough to find it, useless as a credential."""

_LENGTH = 4 + 43


def mint(prefix: str) -> str:
    """Return a new secret: `prefix` and 256 random bits as base64url."""
    return prefix + secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """Return the SHA-256 of `secret` as 64 hex digits: what the database holds."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def is_shaped(secret: str, prefix: str) -> bool:
    """Whether `secret` can be one of the kind `prefix`: cheap, before any look-up."""
    return len(secret) == _LENGTH and secret.startswith(prefix)


def matches(secret: str, stored: str | None) -> bool:
    """Whether `secret` has the fingerprint `stored`, in constant time; an absent one matches nothing."""
    return hmac.compare_digest(fingerprint(secret), stored or "")
