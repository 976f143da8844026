"""The resource server's side: what an Authorization header is worth, in one select.

A token is live only while its client, its actor and its grant are. Nothing is cached: a cache would be the time
for which a revoked token still works.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, and_, bindparam, or_, select
from starlette.concurrency import run_in_threadpool

from consent.oauth.details import scopes_of
from consent.oauth.machine_secrets import ACCESS_TOKEN, TOKEN_REF_LENGTH, fingerprint, is_shaped
from consent.oauth.models import ACTORS, CLIENTS, GATES, GRANTS, TOKENS
from consent.oauth.settings import OAuthSettings

_MAX_HEADER: Final = 512

_LIVE_TOKEN = (
    select(
        TOKENS.c.token_hash,
        TOKENS.c.client_id,
        TOKENS.c.grant_id,
        TOKENS.c.purpose,
        TOKENS.c.scopes,
        TOKENS.c.expires_at,
        CLIENTS.c.actor_id,
        CLIENTS.c.categories,
        ACTORS.c.categories.label("actor_categories"),
        GRANTS.c.worker_id,
    )
    .join(CLIENTS, CLIENTS.c.id == TOKENS.c.client_id)
    .join(ACTORS, ACTORS.c.id == CLIENTS.c.actor_id)
    .outerjoin(GRANTS, GRANTS.c.id == TOKENS.c.grant_id)
    .outerjoin(GATES, and_(GATES.c.client_id == TOKENS.c.client_id, GATES.c.open.is_(False)))
    .where(
        TOKENS.c.token_hash == bindparam("token_hash"),
        TOKENS.c.kind == "access",
        TOKENS.c.revoked_at.is_(None),
        TOKENS.c.expires_at > bindparam("now"),
        CLIENTS.c.status.in_(("test", "live")),
        ACTORS.c.status == "active",
        GATES.c.client_id.is_(None),
        or_(
            TOKENS.c.grant_id.is_(None),
            and_(GRANTS.c.status == "active", GRANTS.c.expires_at > bindparam("now")),
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatedToken:
    """A live access token. `grant_id` and `worker_id` are None for an actor's own token.

    `scopes` are the effective ones: the token's, as far as client and actor are registered for them.
    `token_ref` is a prefix of the token's fingerprint, for logs.
    """

    token_ref: str
    client_id: str
    actor_id: str
    grant_id: str | None
    worker_id: str | None
    purpose: str
    scopes: frozenset[str]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRefused:
    """Why a request is not let in (RFC 6750 §3.1). `error` is empty when no credentials were sent at all."""

    error: str
    description: str
    status: int
    challenge: str
    """The value of the WWW-Authenticate header to answer with."""


class AccessTokens:
    """Authenticates access tokens against the database."""

    def __init__(self, engine: Engine, settings: OAuthSettings) -> None:
        self._engine = engine.execution_options(read_only=True)
        self._settings = settings

    async def authenticate(self, authorization_header: str | None) -> AuthenticatedToken | TokenRefused:
        """Return what the Authorization header of a request proves, or why it proves nothing."""
        if authorization_header is None:
            return self._refuse("", "An access token is needed.", 401)
        scheme, _, token = authorization_header.partition(" ")
        token = token.strip()
        if len(authorization_header) > _MAX_HEADER or scheme.lower() != "bearer" or not token:
            return self._refuse("invalid_request", "Send the access token as: Authorization: Bearer TOKEN.", 400)
        if not is_shaped(token, ACCESS_TOKEN):
            return self._refuse_token()
        return await run_in_threadpool(self._look_up, token)

    def _look_up(self, token: str) -> AuthenticatedToken | TokenRefused:
        with self._engine.connect() as connection:
            found = look_up(connection, token, now=self._settings.clock())
        return found if found is not None else self._refuse_token()

    def _refuse_token(self) -> TokenRefused:
        return self._refuse("invalid_token", "The access token is unknown, expired or revoked.", 401)

    def _refuse(self, error: str, description: str, status: int) -> TokenRefused:
        fields = [
            'realm="gigway"',
            f'resource_metadata="{self._settings.url("/.well-known/oauth-protected-resource")}"',
        ]
        if error:
            fields += [f'error="{error}"', f'error_description="{description}"']
        return TokenRefused(
            error=error, description=description, status=status, challenge=f"Bearer {', '.join(fields)}"
        )


def look_up(connection: Connection, token: str, *, now: datetime) -> AuthenticatedToken | None:
    """Return the live access token `token`, or None."""
    row = connection.execute(_LIVE_TOKEN, {"token_hash": fingerprint(token), "now": now}).one_or_none()
    if row is None:
        return None
    registered = scopes_of(set(row.categories) & set(row.actor_categories))
    return AuthenticatedToken(
        token_ref=row.token_hash[:TOKEN_REF_LENGTH],
        client_id=row.client_id,
        actor_id=row.actor_id,
        grant_id=row.grant_id,
        worker_id=row.worker_id,
        purpose=row.purpose,
        scopes=frozenset(registered) & frozenset(row.scopes),
        expires_at=row.expires_at,
    )
