"""The tokens of one simulated platform: authorization codes, access tokens, refresh tokens, in memory.

code ──redeem──► access token ──time, expire_all──► expired
                 refresh token ──refresh──► access token
revoke(token), revoke_persona(login), a code redeemed twice ──► revoked (access and refresh alike)
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from connectors.sandbox.world import Clock

__all__ = [
    "CodeRequest",
    "IssuedTokens",
    "Refusal",
    "Session",
    "TokenDesk",
    "TokenRefused",
    "scope_text",
    "scopes_of",
]

_CODE_SECONDS = 600

Refusal = Literal["missing", "unknown", "expired", "revoked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequest:
    """What an authorization code stands for; `login` is None for a client's own token."""

    client_id: str
    login: str | None
    scopes: frozenset[str]
    redirect_uri: str = ""
    code_challenge: str | None = None
    with_refresh: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A live access token: whose, for whom, what for."""

    login: str | None
    client_id: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedTokens:
    """A token response; `expires_in` None means that the access token does not expire."""

    access_token: str
    refresh_token: str | None
    expires_in: int | None
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRefused:
    """Why no token was issued: an OAuth error code and its description."""

    error: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    request: CodeRequest
    expires_at: datetime
    used_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """All tokens that come from one sign-in."""

    request: CodeRequest
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    family: str
    expires_at: datetime | None


class TokenDesk:
    """Issues, checks, expires and revokes one platform's tokens."""

    def __init__(
        self, clock: Clock, *, access_seconds: int | None, refresh_seconds: int | None = None, rotates: bool = False
    ) -> None:
        self._clock = clock
        self._access_seconds = access_seconds
        self._refresh_seconds = refresh_seconds
        self._rotates = rotates
        self._codes: dict[str, _Code] = {}
        self._families: dict[str, _Family] = {}
        self._access: dict[str, _Token] = {}
        self._refresh: dict[str, _Token] = {}

    def code(self, request: CodeRequest) -> str:
        """Issue an authorization code."""
        value = secrets.token_urlsafe(24)
        self._codes[value] = _Code(request=request, expires_at=self._clock() + timedelta(seconds=_CODE_SECONDS))
        return value

    def redeem(
        self, value: str, *, client_id: str, redirect_uri: str, verifier: str | None
    ) -> IssuedTokens | TokenRefused:
        """Redeem a code (RFC 6749 §4.1.3, RFC 7636 §4.6); a second use revokes what the first one brought."""
        code = self._codes.get(value)
        if code is None or code.request.client_id != client_id:
            return TokenRefused(error="invalid_grant", description="The authorization code is not known.")
        if code.used_by is not None:
            self._revoke_family(code.used_by)
            return TokenRefused(error="invalid_grant", description="The authorization code was used before.")
        if code.expires_at <= self._clock():
            return TokenRefused(error="invalid_grant", description="The authorization code has expired.")
        if code.request.redirect_uri != redirect_uri:
            return TokenRefused(
                error="invalid_grant", description="redirect_uri differs from the authorization request's."
            )
        if not _verifies(code.request.code_challenge, verifier):
            return TokenRefused(error="invalid_grant", description="The code verifier does not match.")
        family, issued = self._open(code.request)
        self._codes[value] = replace(code, used_by=family)
        return issued

    def grant(self, request: CodeRequest) -> IssuedTokens:
        """Issue tokens without a code, as for client credentials."""
        return self._open(request)[1]

    def refresh(self, value: str, *, client_id: str) -> IssuedTokens | TokenRefused:
        """Issue a new access token for a refresh token (RFC 6749 §6)."""
        token = self._refresh.get(value)
        family = self._families[token.family] if token is not None else None
        if token is None or family is None or family.request.client_id != client_id:
            return TokenRefused(error="invalid_grant", description="The refresh token is not known.")
        if family.revoked:
            return TokenRefused(error="invalid_grant", description="The refresh token was revoked.")
        if token.expires_at is not None and token.expires_at <= self._clock():
            return TokenRefused(error="invalid_grant", description="The refresh token has expired.")
        if self._rotates:
            del self._refresh[value]
            return self._issue(token.family, family.request)
        return self._issue(token.family, family.request, keep_refresh=value)

    def check(self, access_token: str | None) -> Session | Refusal:
        """Say whose access token this is, or why it is refused."""
        if not access_token:
            return "missing"
        token = self._access.get(access_token)
        if token is None:
            return "unknown"
        family = self._families[token.family]
        if family.revoked:
            return "revoked"
        if token.expires_at is not None and token.expires_at <= self._clock():
            return "expired"
        request = family.request
        return Session(login=request.login, client_id=request.client_id, scopes=request.scopes)

    def expire_all(self) -> int:
        """Let every access token expire now; refresh tokens stay. Return how many were live."""
        now = self._clock()
        live = [
            (value, token)
            for value, token in self._access.items()
            if token.expires_at is None or token.expires_at > now
        ]
        for value, token in live:
            self._access[value] = replace(token, expires_at=now)
        return len(live)

    def revoke(self, token: str) -> None:
        """Revoke everything that came from the sign-in which an access or refresh token belongs to."""
        found = self._access.get(token) or self._refresh.get(token)
        if found is not None:
            self._revoke_family(found.family)

    def revoke_persona(self, login: str) -> int:
        """Revoke all of a persona's tokens, as the worker does on the platform's own page."""
        families = [
            name for name, family in self._families.items() if family.request.login == login and not family.revoked
        ]
        for name in families:
            self._revoke_family(name)
        return len(families)

    def live_logins(self) -> list[str]:
        """Return the personas that have a connection which was not revoked."""
        return sorted(
            {
                family.request.login
                for family in self._families.values()
                if not family.revoked and family.request.login is not None
            }
        )

    def _open(self, request: CodeRequest) -> tuple[str, IssuedTokens]:
        family = secrets.token_hex(8)
        self._families[family] = _Family(request=request)
        return family, self._issue(family, request)

    def _issue(self, family: str, request: CodeRequest, *, keep_refresh: str | None = None) -> IssuedTokens:
        now = self._clock()
        access = secrets.token_urlsafe(32)
        self._access[access] = _Token(family=family, expires_at=_later(now, self._access_seconds))
        refresh = keep_refresh
        if refresh is None and request.with_refresh:
            refresh = secrets.token_urlsafe(32)
            self._refresh[refresh] = _Token(family=family, expires_at=_later(now, self._refresh_seconds))
        return IssuedTokens(
            access_token=access, refresh_token=refresh, expires_in=self._access_seconds, scopes=request.scopes
        )

    def _revoke_family(self, name: str) -> None:
        self._families[name] = replace(self._families[name], revoked=True)


def _verifies(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None:
        return verifier is None
    if verifier is None:
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)


def _later(now: datetime, seconds: int | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)


def scopes_of(text: str) -> frozenset[str]:
    """Split a scope parameter, separated by spaces or, as some platforms do, by commas."""
    return frozenset(text.replace(",", " ").split())


def scope_text(scopes: Iterable[str]) -> str:
    """Join scopes into a scope parameter, sorted."""
    return " ".join(sorted(scopes))
