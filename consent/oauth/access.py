"""The resource server's side: what an Authorization header is worth, in one select for all that come at once.

A token is live only while its client, its actor and its grant are. Nothing is cached: a cache would be the time
for which a revoked token still works.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool

from consent.oauth.dpop import Nonces, Presented, ProofRefused, Proven, check_proof
from consent.oauth.live_tokens import AuthenticatedToken, TokensAtHand, find_live_tokens
from consent.oauth.machine_secrets import ACCESS_TOKEN, fingerprint, is_shaped
from consent.oauth.settings import OAuthSettings
from consent.oauth.shared_reads import SharedReads
from consent.oauth.signed_jwt import ALGORITHMS

_MAX_HEADER: Final = 512


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
        self._reading = engine.execution_options(read_only=True)
        self._settings = settings
        self._nonces = Nonces(settings.nonce_key)
        self._at_hand = TokensAtHand(engine) if engine.dialect.name == "sqlite" and engine.url.database else None
        self._reads = SharedReads(self._look_up, at_hand=self._look_here if self._at_hand else None)

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
        with self._reading.connect() as connection:
            return find_live_tokens(connection.connection, connection.dialect, hashes, now=self._settings.clock())

    def _look_here(self, hashes: Collection[str]) -> Mapping[str, AuthenticatedToken] | None:
        assert self._at_hand is not None
        return self._at_hand.find(hashes, self._settings.clock())

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
    return find_live_tokens(connection.connection, connection.dialect, [digest], now=now).get(digest)
