"""PKCE as OAuth 2.1 wants it (RFC 7636, RFC 9700 §2.1.1): always, for every client, S256 only.

Authlib's own extension asks it of public clients alone, defaults to `plain`,
and its patterns let a trailing newline pass.
"""

from __future__ import annotations

import re
from typing import Any, Final

from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc7636 import CodeChallenge

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9\-_]{43}")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


def challenge_problem(challenge: str | None, method: str | None) -> str | None:
    """Return what is wrong with an authorization request's PKCE parameters, or None."""
    if challenge is None:
        return "code_challenge is missing; PKCE is required."
    if method != "S256":
        return "code_challenge_method must be S256."
    if not _CHALLENGE.fullmatch(challenge):
        return "code_challenge is not a base64url SHA-256."
    return None


class RequiredS256(CodeChallenge):  # type: ignore[misc]  # Authlib is untyped
    """Authlib's extension point, with the rules above."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Refuse an authorization request without a well-formed S256 challenge."""
        data = grant.request.payload.data
        if problem := challenge_problem(data.get("code_challenge"), data.get("code_challenge_method")):
            raise InvalidRequestError(problem)

    def validate_code_verifier(self, grant: Any, result: Any) -> None:
        """Refuse a redemption whose verifier does not hash to the code's challenge."""
        verifier = grant.request.form.get("code_verifier")
        if not verifier:
            raise InvalidRequestError("code_verifier is missing.")
        if not _VERIFIER.fullmatch(verifier):
            raise InvalidGrantError("code_verifier does not match.")
        super().validate_code_verifier(grant, result)
