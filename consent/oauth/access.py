"""The resource server's side: what an Authorization header is worth, in one select for all that come at once.

A token is live only while its client, its actor and its grant are. Nothing is cached: a cache would be the time
for which a revoked token still works.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, bindparam, func, or_, select
from starlette.concurrency import run_in_threadpool

from consent.oauth.clients import ClientKind
from consent.oauth.details import MANAGEMENT_SCOPES, scopes_of
from consent.oauth.dpop import Nonces, Presented, ProofRefused, Proven, check_proof
from consent.oauth.machine_secrets import ACCESS_TOKEN, TOKEN_REF_LENGTH, fingerprint, is_shaped
from consent.oauth.models import ACTORS, CLIENTS, GATES, GRANTS, ORGANIZATIONS, TOKENS
from consent.oauth.settings import OAuthSettings
from consent.oauth.shared_reads import SharedReads
from consent.oauth.signed_jwt import ALGORITHMS

_MAX_HEADER: Final = 512

_LIVE_TOKEN = (
    select(
        TOKENS.c.token_hash,
        TOKENS.c.client_id,
        TOKENS.c.grant_id,
        TOKENS.c.purpose,
        TOKENS.c.scopes,
        TOKENS.c.dpop_jkt,
        TOKENS.c.expires_at,
        CLIENTS.c.kind,
        CLIENTS.c.role,
        CLIENTS.c.actor_id,
        CLIENTS.c.categories,
        ACTORS.c.categories.label("actor_categories"),
        ORGANIZATIONS.c.platform,
        ACTORS.c.max_cost,
        ACTORS.c.cost_per_minute,
        GRANTS.c.worker_id,
    )
    .join(CLIENTS, CLIENTS.c.id == TOKENS.c.client_id)
    .outerjoin(ACTORS, ACTORS.c.id == CLIENTS.c.actor_id)
    .outerjoin(ORGANIZATIONS, ORGANIZATIONS.c.id == CLIENTS.c.organization_id)
    .outerjoin(GRANTS, GRANTS.c.id == TOKENS.c.grant_id)
    .outerjoin(GATES, and_(GATES.c.client_id == TOKENS.c.client_id, GATES.c.open.is_(False)))
    .where(
        TOKENS.c.token_hash.in_(bindparam("token_hashes", expanding=True)),
        TOKENS.c.kind == "access",
        TOKENS.c.revoked_at.is_(None),
        TOKENS.c.expires_at > bindparam("now"),
        CLIENTS.c.status == "active",
        func.coalesce(ACTORS.c.status, ORGANIZATIONS.c.status) == "active",
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

    A platform's or operator's (`kind`) has no actor, grant, purpose or scope: `platform` names the platform that it
    speaks for, `role` what it may do (`consent.console.roles`).

    `scopes` are the effective ones: the token's, as far as client and actor are registered for them.
    `purpose` is None for a token that only manages grants. `token_ref` is a prefix of the token's fingerprint,
    for logs; `dpop_jkt` the key that the sender has proved to hold. `max_cost` and `cost_per_minute` are the actor's
    own limits, None where it has none.
    """

    token_ref: str
    client_id: str
    kind: ClientKind
    actor_id: str | None
    grant_id: str | None
    worker_id: str | None
    purpose: str | None
    scopes: frozenset[str]
    expires_at: datetime
    dpop_jkt: str | None = None
    platform: str | None = None
    role: str | None = None
    max_cost: int | None = None
    cost_per_minute: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRefused:
    """Why a request is not let in (RFC 6750 §3.1, RFC 9449 §7.1). `error` is empty when nothing was sent at all."""

    error: str
    description: str
    status: int
    challenge: str
    """The value of the WWW-Authenticate header to answer with."""
    dpop_nonce: str | None = None
    """The value of the DPoP-Nonce header to answer with, if any."""


class AccessTokens:
    """Authenticates access tokens against the database."""

    def __init__(self, engine: Engine, settings: OAuthSettings) -> None:
        self._engine = engine
        self._reader = engine.execution_options(read_only=True)
        self._settings = settings
        self._nonces = Nonces(settings.nonce_key)
        self._reads = SharedReads(self._look_up)

    async def authenticate(
        self, authorization_header: str | None, presented: Presented | None = None
    ) -> AuthenticatedToken | TokenRefused:
        """Return what the Authorization header of a request proves, or why it proves nothing.

        `presented` (the request's `DPoP` headers, method and address) is looked at only for the scheme `DPoP`.
        """
        if authorization_header is None:
            return self._refuse("", "An access token is needed.", 401)
        scheme, _, token = authorization_header.partition(" ")
        scheme, token = scheme.lower(), token.strip()
        if len(authorization_header) > _MAX_HEADER or scheme not in {"bearer", "dpop"} or not token:
            return self._refuse("invalid_request", "Send the access token as: Authorization: Bearer TOKEN.", 400)
        if not is_shaped(token, ACCESS_TOKEN):
            return self._refuse_token(scheme)
        found = await self._reads.find(fingerprint(token))
        if found is None or (found.dpop_jkt is None) != (scheme == "bearer"):
            return self._refuse_token(scheme)
        if found.dpop_jkt is None:
            return found
        return await run_in_threadpool(self._prove, found, token, presented)

    def _look_up(self, hashes: Collection[str]) -> dict[str, AuthenticatedToken]:
        with self._reader.connect() as connection:
            return _live_tokens(connection, hashes, now=self._settings.clock())

    def _prove(
        self, found: AuthenticatedToken, token: str, presented: Presented | None
    ) -> AuthenticatedToken | TokenRefused:
        now = self._settings.clock()
        if presented is None:
            return self._refuse("invalid_dpop_proof", "The token needs a DPoP proof.", 401, scheme="dpop")
        with self._engine.begin() as connection:
            checked = check_proof(connection, presented, self._nonces, now=now, access_token=token)
        match checked:
            case Proven(jkt=jkt) if jkt == found.dpop_jkt:
                return found
            case Proven():
                return self._refuse("invalid_token", "The token belongs to the holder of another key.", 401, "dpop")
            case ProofRefused(error=error, description=description):
                return self._refuse(error, description, 401, scheme="dpop")

    def _refuse_token(self, scheme: str) -> TokenRefused:
        return self._refuse("invalid_token", "The access token is unknown, expired or revoked.", 401, scheme=scheme)

    def _refuse(self, error: str, description: str, status: int, scheme: str = "bearer") -> TokenRefused:
        fields = [
            'realm="gigway"',
            f'resource_metadata="{self._settings.url("/.well-known/oauth-protected-resource")}"',
        ]
        if error:
            fields += [f'error="{error}"', f'error_description="{description}"']
        if scheme == "dpop":
            fields.append(f'algs="{" ".join(ALGORITHMS)}"')
        return TokenRefused(
            error=error,
            description=description,
            status=status,
            challenge=f"{'DPoP' if scheme == 'dpop' else 'Bearer'} {', '.join(fields)}",
            dpop_nonce=self._nonces.make(self._settings.clock()) if scheme == "dpop" else None,
        )


def look_up(connection: Connection, token: str, *, now: datetime) -> AuthenticatedToken | None:
    """Return the live access token `token`, or None."""
    digest = fingerprint(token)
    return _live_tokens(connection, [digest], now=now).get(digest)


def _live_tokens(connection: Connection, hashes: Collection[str], *, now: datetime) -> dict[str, AuthenticatedToken]:
    rows = connection.execute(_LIVE_TOKEN, {"token_hashes": list(hashes), "now": now})
    return {row.token_hash: _authenticated(row) for row in rows}


def _authenticated(row: Any) -> AuthenticatedToken:
    registered = scopes_of(set(row.categories) & set(row.actor_categories or ()))
    return AuthenticatedToken(
        token_ref=row.token_hash[:TOKEN_REF_LENGTH],
        client_id=row.client_id,
        kind=row.kind,
        platform=row.platform,
        role=row.role,
        actor_id=row.actor_id,
        grant_id=row.grant_id,
        worker_id=row.worker_id,
        purpose=row.purpose or None,
        scopes=frozenset(row.scopes) & {*registered, *MANAGEMENT_SCOPES},
        expires_at=row.expires_at,
        dpop_jkt=row.dpop_jkt,
        max_cost=row.max_cost,
        cost_per_minute=row.cost_per_minute,
    )
