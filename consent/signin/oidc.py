"""Signing in with an external OpenID provider: any issuer, by configuration (OpenID Connect Core, code flow, PKCE).

    POST /sign-in/with/<key> ──► provider ──► GET /sign-in/with/<key>/callback ──► signed in

The way back counts once, only in the browser that began it, only with the nonce in an ID token that the provider
signed for us, and only from that provider (RFC 9207), so that no other provider's answer can be mixed in.
A subject that is new becomes a new worker.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Final

from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from httpx2 import AsyncBaseTransport, HTTPError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import Engine, insert, select, update
from starlette.concurrency import run_in_threadpool

from consent.models import new_id
from consent.signin.models import CREDENTIALS, WORKERS
from consent.signin.settings import SignInSettings
from consent.signin.states import put_state, take_state

_ALGORITHMS: Final = ["ES256", "PS256", "RS256"]
_TIMEOUT: Final = 10.0
_MAX_ANSWER: Final = 262_144
_LEEWAY: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcProvider:
    """A provider that the operator trusts to say who somebody is. `key` names it in addresses."""

    key: str
    display_name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcDone:
    """Who came back, and where in our pages they were going."""

    worker_id: str
    target: str


class OidcError(Exception):
    """The provider did not answer as it must, or somebody else did. The message is for the operator's log."""


class OidcSignIn:
    """The relying party for the configured providers."""

    def __init__(
        self,
        engine: Engine,
        settings: SignInSettings,
        providers: Sequence[OidcProvider],
        *,
        transport: AsyncBaseTransport | None = None,
    ) -> None:
        """`transport` carries the calls to the providers; by default real HTTPS."""
        self.providers = tuple(providers)
        self._engine = engine
        self._settings = settings
        self._transport = transport

    async def begin(self, key: str, *, browser: str, target: str) -> str | None:
        """Return the address to send `browser` to, or None for a provider that there is not. Raises `OidcError`."""
        provider = self._provider(key)
        if provider is None:
            return None
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        payload = {"provider": key, "nonce": nonce, "verifier": verifier, "browser": browser, "target": target}
        state = await run_in_threadpool(put_state, self._engine, self._settings, "oidc", payload)
        async with self._client(provider) as client:
            document = await self._discover(client, provider)
            location, _ = client.create_authorization_url(
                document["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return str(location)

    async def finish(self, key: str, *, browser: str, answer: Mapping[str, str]) -> OidcDone | None:
        """Return who the provider's `answer` is about; None when it is none of ours. Raises `OidcError`."""
        provider = self._provider(key)
        kept = await run_in_threadpool(take_state, self._engine, self._settings, "oidc", answer.get("state", ""))
        if not browser or provider is None or kept is None or kept["provider"] != key or kept["browser"] != browser:
            return None
        if answer.get("iss", provider.issuer) != provider.issuer or "code" not in answer:
            return None
        async with self._client(provider) as client:
            document = await self._discover(client, provider)
            if document.get("authorization_response_iss_parameter_supported") and "iss" not in answer:
                return None
            try:
                token = await client.fetch_token(
                    document["token_endpoint"], code=answer["code"], code_verifier=kept["verifier"]
                )
                published: Any = await self._get(client, document["jwks_uri"])
                keys = KeySet.import_key_set(published)
                claims = jwt.decode(token["id_token"], keys, algorithms=_ALGORITHMS).claims
            except (OAuthError, JoseError, HTTPError, KeyError, ValueError, TypeError) as error:
                raise OidcError(f"{provider.key}: no valid ID token ({type(error).__name__})") from None
        subject = self._subject(provider, claims, kept["nonce"])
        name = claims.get("name")
        worker_id = await run_in_threadpool(
            self._worker, provider, subject, name if isinstance(name, str) and name.isprintable() else None
        )
        return None if worker_id is None else OidcDone(worker_id=worker_id, target=kept["target"])

    def _provider(self, key: str) -> OidcProvider | None:
        return next((provider for provider in self.providers if provider.key == key), None)

    def _client(self, provider: OidcProvider) -> AbstractAsyncContextManager[Any]:
        client: AbstractAsyncContextManager[Any] = AsyncOAuth2Client(
            provider.client_id,
            provider.client_secret,
            scope="openid profile",
            redirect_uri=f"{self._settings.issuer}/sign-in/with/{provider.key}/callback",
            code_challenge_method="S256",
            timeout=_TIMEOUT,
            follow_redirects=False,
            transport=self._transport,
        )
        return client

    async def _discover(self, client: Any, provider: OidcProvider) -> Mapping[str, Any]:
        document = await self._get(client, f"{provider.issuer}/.well-known/openid-configuration")
        if document.get("issuer") != provider.issuer:
            raise OidcError(f"{provider.key}: the discovery document is another issuer's")
        return document

    @staticmethod
    async def _get(client: Any, url: str) -> dict[str, Any]:
        try:
            answer = await client.request("GET", url, withhold_token=True)
            document = json.loads(answer.content) if len(answer.content) <= _MAX_ANSWER else None
        except (HTTPError, ValueError, RecursionError) as error:
            raise OidcError(f"{url} does not answer ({type(error).__name__})") from None
        if answer.status_code != 200 or not isinstance(document, dict):
            raise OidcError(f"{url} answers {answer.status_code} or no JSON object")
        return document

    def _subject(self, provider: OidcProvider, claims: Mapping[str, Any], nonce: str) -> str:
        """Return `sub` of an ID token that is for us, now, and for this sign-in (OpenID Connect Core §3.1.3.7)."""
        now, audience = self._settings.clock().timestamp(), claims.get("aud")
        audiences = [audience] if isinstance(audience, str) else audience
        subject = claims.get("sub")
        checks: Sequence[Callable[[], bool]] = (
            lambda: claims.get("iss") == provider.issuer,
            lambda: isinstance(audiences, list) and provider.client_id in audiences,
            lambda: len(audiences or []) == 1 or claims.get("azp") == provider.client_id,
            lambda: claims.get("azp", provider.client_id) == provider.client_id,
            lambda: float(claims["exp"]) > now - _LEEWAY,
            lambda: float(claims["iat"]) < now + _LEEWAY,
            lambda: claims.get("nonce") == nonce,
            lambda: isinstance(subject, str) and 0 < len(subject) <= 255,
        )
        try:
            valid = all(check() for check in checks)
        except (KeyError, TypeError, ValueError):
            valid = False
        if not valid:
            raise OidcError(f"{provider.key}: the ID token is not for us, not now, or not for this sign-in")
        return str(subject)

    def _worker(self, provider: OidcProvider, subject: str, name: str | None) -> str | None:
        now, external = self._settings.clock(), f"{provider.issuer} {subject}"
        with self._engine.begin() as connection:
            found = connection.execute(
                select(CREDENTIALS.c.id, CREDENTIALS.c.worker_id, CREDENTIALS.c.revoked_at, WORKERS.c.status)
                .join(WORKERS, WORKERS.c.id == CREDENTIALS.c.worker_id)
                .where(CREDENTIALS.c.kind == "oidc", CREDENTIALS.c.name == external)
            ).one_or_none()
            if found is not None:
                if found.revoked_at is not None or found.status != "active":
                    return None
                connection.execute(update(CREDENTIALS).where(CREDENTIALS.c.id == found.id).values(last_used_at=now))
                return str(found.worker_id)
            worker_id = new_id()
            connection.execute(
                insert(WORKERS).values(
                    id=worker_id, status="active", display_name=name and name[:200], locale="en", created_at=now
                )
            )
            connection.execute(
                insert(CREDENTIALS).values(
                    id=new_id(),
                    worker_id=worker_id,
                    kind="oidc",
                    name=external,
                    public={},
                    sign_count=0,
                    created_at=now,
                    last_used_at=now,
                )
            )
        return worker_id
