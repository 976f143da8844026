"""The tokens of one simulated platform: authorization codes, access tokens, refresh tokens.

    code ──redeem──► access token ──time, expire_all──► expired
                     refresh token ──refresh──► access token
    revoke(token), revoke_persona(login), a code redeemed twice ──► revoked (access and refresh alike)

Tokens carry what they stand for, signed with a key that follows from the sandbox's seed, so that accounts stay linked
when the sandbox is started again.
Codes, revocations and forced expiry are kept in memory and end with the process.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import orjson

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
_TICK = timedelta(microseconds=1)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Refusal = Literal["missing", "unknown", "expired", "revoked"]
_Kind = Literal["access", "refresh"]


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
class _Token:
    """What a token carries; `family` names the sign-in that it comes from, `opened` is when that was."""

    kind: _Kind
    family: str
    login: str | None
    client_id: str
    scopes: frozenset[str]
    opened: datetime
    issued: datetime
    expires: datetime | None
    with_refresh: bool


class TokenDesk:
    """Issues, checks, expires and revokes one platform's tokens; `key` names the platform and the seed."""

    def __init__(
        self,
        clock: Clock,
        key: str,
        *,
        access_seconds: int | None,
        refresh_seconds: int | None = None,
        rotates: bool = False,
    ) -> None:
        self._clock = clock
        self._key = hashlib.sha256(f"sandbox tokens of {key}".encode()).digest()
        self._access_seconds = access_seconds
        self._refresh_seconds = refresh_seconds
        self._rotates = rotates
        self._codes: dict[str, _Code] = {}
        self._seen: dict[str, str | None] = {}
        self._revoked: set[str] = set()
        self._revoked_before: dict[str, datetime] = {}
        self._expired_before = _LONG_AGO
        self._spent: set[str] = set()

    def code(self, request: CodeRequest) -> str:
        """Issue an authorization code."""
        value = secrets.token_urlsafe(24)
        expires_at = self._clock() + timedelta(seconds=_CODE_SECONDS)
        self._codes[value] = _Code(request=request, expires_at=expires_at)
        return value

    def redeem(
        self, value: str, *, client_id: str, redirect_uri: str, verifier: str | None
    ) -> IssuedTokens | TokenRefused:
        """Redeem a code (RFC 6749 §4.1.3, RFC 7636 §4.6); a second use revokes what the first one brought."""
        code = self._codes.get(value)
        if code is None or code.request.client_id != client_id:
            return _refused("The authorization code is not known.")
        if code.used_by is not None:
            self._revoked.add(code.used_by)
            return _refused("The authorization code was used before.")
        if code.expires_at <= self._clock():
            return _refused("The authorization code has expired.")
        if code.request.redirect_uri != redirect_uri:
            return _refused("redirect_uri differs from the authorization request's.")
        if not _verifies(code.request.code_challenge, verifier):
            return _refused("The code verifier does not match.")
        family = secrets.token_urlsafe(9)
        self._codes[value] = replace(code, used_by=family)
        return self._open(family, code.request)

    def grant(self, request: CodeRequest) -> IssuedTokens:
        """Issue tokens without a code, as for client credentials."""
        return self._open(secrets.token_urlsafe(9), request)

    def refresh(self, value: str, *, client_id: str) -> IssuedTokens | TokenRefused:
        """Issue a new access token for a refresh token (RFC 6749 §6)."""
        token = self._read(value, "refresh")
        if token is None or token.client_id != client_id or value in self._spent:
            return _refused("The refresh token is not known.")
        if self._is_revoked(token):
            return _refused("The refresh token was revoked.")
        if token.expires is not None and token.expires <= self._clock():
            return _refused("The refresh token has expired.")
        if self._rotates:
            self._spent.add(value)
            return self._issue(token)
        return self._issue(token, keep_refresh=value)

    def check(self, access_token: str | None) -> Session | Refusal:
        """Say whose access token this is, or why it is refused."""
        if not access_token:
            return "missing"
        token = self._read(access_token, "access")
        if token is None:
            return "unknown"
        if self._is_revoked(token):
            return "revoked"
        is_over = token.expires is not None and token.expires <= self._clock()
        if is_over or token.issued <= self._expired_before:
            return "expired"
        return Session(login=token.login, client_id=token.client_id, scopes=token.scopes)

    def expire_all(self) -> None:
        """Let every access token expire now; refresh tokens stay."""
        self._expired_before = self._now()

    def revoke(self, value: str) -> None:
        """Revoke everything that came from the sign-in which an access or refresh token belongs to."""
        token = self._read(value, "access") or self._read(value, "refresh")
        if token is not None:
            self._revoked.add(token.family)

    def revoke_persona(self, login: str) -> None:
        """Revoke all of a persona's tokens, as the worker does on the platform's own page."""
        self._revoked_before[login] = self._now()
        self._revoked |= {family for family, whose in self._seen.items() if whose == login}

    def live_logins(self) -> list[str]:
        """Return the personas with a connection that was used since the start and was not revoked."""
        return sorted(
            {login for family, login in self._seen.items() if login is not None and family not in self._revoked}
        )

    def _open(self, family: str, request: CodeRequest) -> IssuedTokens:
        now = self._now()
        return self._issue(
            _Token(
                kind="access",
                family=family,
                login=request.login,
                client_id=request.client_id,
                scopes=request.scopes,
                opened=now,
                issued=now,
                expires=None,
                with_refresh=request.with_refresh,
            )
        )

    def _issue(self, like: _Token, *, keep_refresh: str | None = None) -> IssuedTokens:
        now = self._now()
        self._seen[like.family] = like.login
        refresh = keep_refresh
        if refresh is None and like.with_refresh:
            expires = _later(now, self._refresh_seconds)
            refresh = self._write(replace(like, kind="refresh", issued=now, expires=expires))
        expires = _later(now, self._access_seconds)
        return IssuedTokens(
            access_token=self._write(replace(like, kind="access", issued=now, expires=expires)),
            refresh_token=refresh,
            expires_in=self._access_seconds,
            scopes=like.scopes,
        )

    def _now(self) -> datetime:
        """Return the moment, after every moment at which tokens were expired or revoked."""
        return max(self._clock(), self._expired_before + _TICK, *(at + _TICK for at in self._revoked_before.values()))

    def _is_revoked(self, token: _Token) -> bool:
        self._seen.setdefault(token.family, token.login)
        if token.opened <= self._revoked_before.get(token.login or "", _LONG_AGO):
            self._revoked.add(token.family)
        return token.family in self._revoked

    def _write(self, token: _Token) -> str:
        parts = [
            token.kind,
            token.family,
            token.login,
            token.client_id,
            sorted(token.scopes),
            *(None if at is None else at.isoformat() for at in (token.opened, token.issued, token.expires)),
            token.with_refresh,
            secrets.token_urlsafe(6),
        ]
        body = base64.urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=")
        return f"{body.decode()}.{self._signature(body)}"

    def _read(self, value: str, kind: _Kind) -> _Token | None:
        body, _, signature = value.encode().partition(b".")
        if not hmac.compare_digest(self._signature(body).encode(), signature):
            return None
        parts = orjson.loads(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
        named, family, login, client_id, scopes, opened, issued, expires, with_refresh, _ = parts
        if named != kind:
            return None
        return _Token(
            kind=kind,
            family=family,
            login=login,
            client_id=client_id,
            scopes=frozenset(scopes),
            opened=datetime.fromisoformat(opened),
            issued=datetime.fromisoformat(issued),
            expires=None if expires is None else datetime.fromisoformat(expires),
            with_refresh=with_refresh,
        )

    def _signature(self, body: bytes) -> str:
        return hmac.new(self._key, body, "sha256").hexdigest()[:32]


def _refused(description: str) -> TokenRefused:
    return TokenRefused(error="invalid_grant", description=description)


def _verifies(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None:
        return verifier is None
    if verifier is None:
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), challenge.encode())


def _later(now: datetime, seconds: int | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)


def scopes_of(text: str) -> frozenset[str]:
    """Split a scope parameter, separated by spaces or, as some platforms do, by commas."""
    return frozenset(text.replace(",", " ").split())


def scope_text(scopes: Iterable[str]) -> str:
    """Join scopes into a scope parameter, sorted."""
    return " ".join(sorted(scopes))
