"""Authlib's OAuth client for one platform, its traffic led through our own transport.

The only module that touches Authlib here; it returns typed values.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError

from connectors.accounts.keeper import RefusedRefreshError
from connectors.environment import ClientRegistration, Environment
from connectors.schema.definition import (
    ClientAuthentication,
    ClientCredentialsLinking,
    OAuth2Linking,
)
from connectors.transport import Permit, Upstream, UpstreamMalformedError, UpstreamRequest

_METHODS: Mapping[ClientAuthentication, str] = {
    "CLIENT_SECRET_BASIC": "client_secret_basic",
    "CLIENT_SECRET_POST": "client_secret_post",
    "NONE": "none",
}
_TOKEN_STATUSES = frozenset({400, 401})


class LinkRefusedError(Exception):
    """The platform's authorization server refused; `error` is its OAuth error code."""

    def __init__(self, error: str) -> None:
        super().__init__(f"The platform's authorization server answered {error!r}.")
        self.error = error


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """Where to send the worker, and what to remember until they come back."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    verifier: str | None = field(repr=False)


class _LedTransport(httpx2.AsyncBaseTransport):
    """Sends Authlib's requests through `Upstream`: under a permit, to allowed addresses, with bounded answers."""

    def __init__(self, upstream: Upstream, permit: Permit) -> None:
        self._upstream = upstream
        self._permit = permit

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request."""
        body = await request.aread()
        response = await self._upstream.send(
            UpstreamRequest(
                method="POST" if request.method == "POST" else "GET",
                url=str(request.url),
                headers={
                    name: value
                    for name, value in request.headers.items()
                    if name in ("accept", "authorization", "content-type")
                },
                body=body or None,
                is_safe=False,
            ),
            permit=self._permit,
            credential=None,
            accepts=_TOKEN_STATUSES,
        )
        return httpx2.Response(
            response.status,
            headers={"content-type": response.headers.get("content-type", "application/json")},
            content=response.body,
            request=request,
        )


class PlatformOAuthClient:
    """One platform's authorization server, as Gigway's registration sees it."""

    def __init__(
        self,
        platform: str,
        linking: OAuth2Linking | ClientCredentialsLinking,
        registration: ClientRegistration,
        environment: Environment,
        upstream: Upstream,
    ) -> None:
        self._platform = platform
        self._linking = linking
        self._registration = registration
        self._environment = environment
        self._upstream = upstream

    def begin(self, redirect_uri: str) -> AuthorizationRequest:
        """Return an authorization request with state and, where the platform knows it, PKCE (S256)."""
        linking = self._linking
        assert isinstance(linking, OAuth2Linking)
        client = self._client(None, redirect_uri=redirect_uri)
        verifier = _new_secret() if linking.pkce else None
        url, state = client.create_authorization_url(
            self._environment.url(self._platform, linking.authorization_endpoint),
            state=_new_secret(),
            **({"code_verifier": verifier} if verifier is not None else {}),
            **dict(linking.parameters),
        )
        return AuthorizationRequest(url=url, state=state, verifier=verifier)

    async def redeem(self, code: str, *, verifier: str | None, redirect_uri: str, permit: Permit) -> Mapping[str, Any]:
        """Return the token response for a code. Raises `LinkRefusedError`, `UpstreamError`."""
        async with self._client(permit, redirect_uri=redirect_uri) as client:
            return await _token(
                client.fetch_token(
                    self._token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    **({"code_verifier": verifier} if verifier is not None else {}),
                )
            )

    async def own_token(self, *, permit: Permit) -> Mapping[str, Any]:
        """Return a token for Gigway itself (client credentials). Raises `LinkRefusedError`, `UpstreamError`."""
        async with self._client(permit) as client:
            return await _token(client.fetch_token(self._token_endpoint, grant_type="client_credentials"))

    async def refresh(self, refresh_token: str, *, permit: Permit) -> Mapping[str, Any]:
        """Return the token response for a refresh token. Raises `RefusedRefreshError`, `UpstreamError`."""
        async with self._client(permit, token={"refresh_token": refresh_token}) as client:
            try:
                return await _token(client.refresh_token(self._token_endpoint, refresh_token=refresh_token))
            except LinkRefusedError:
                raise RefusedRefreshError from None

    @property
    def can_revoke(self) -> bool:
        """Whether the platform says where tokens are revoked."""
        return getattr(self._linking, "revocation_endpoint", None) is not None

    async def revoke(self, token: str, *, permit: Permit) -> None:
        """Revoke a token at the platform (RFC 7009), where it can be. Raises `UpstreamError`."""
        endpoint = getattr(self._linking, "revocation_endpoint", None)
        if endpoint is None:
            return
        async with self._client(permit) as client:
            await client.revoke_token(self._environment.url(self._platform, endpoint), token=token)

    @property
    def _token_endpoint(self) -> str:
        return self._environment.url(self._platform, self._linking.token_endpoint)

    def _client(
        self, permit: Permit | None, *, redirect_uri: str | None = None, token: Mapping[str, Any] | None = None
    ) -> Any:
        method = _METHODS[self._linking.client_authentication]
        return AsyncOAuth2Client(
            client_id=self._registration.client_id,
            client_secret=self._registration.client_secret,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            scope=" ".join(self._linking.scopes) or None,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            token=dict(token) if token is not None else None,
            transport=_LedTransport(self._upstream, permit) if permit is not None else None,
            trust_env=False,
        )


async def _token(work: Any) -> Mapping[str, Any]:
    try:
        token = await work
    except OAuthError as error:
        raise LinkRefusedError(str(error.error or "unknown")) from None
    except (ValueError, httpx2.HTTPError):
        raise UpstreamMalformedError("The platform's token endpoint does not answer as OAuth asks.") from None
    return dict(token)


def _new_secret() -> str:
    return secrets.token_urlsafe(48)
