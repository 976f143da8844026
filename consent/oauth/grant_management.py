"""Grant Management for OAuth 2.0: an actor asks about a grant that it was given, or gives it back.

Whoever has an access token of the same client with the scope may; a grant of another client is answered exactly as
one that never was. Replacing goes through the authorization endpoint, because the worker must see it.
"""

from __future__ import annotations

from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from consent.grants.lifecycle import GrantError
from consent.oauth.access import AccessTokens, TokenRefused
from consent.oauth.details import Item, granted_details, scopes_of
from consent.oauth.dpop import Presented
from consent.oauth.live_tokens import AuthenticatedToken
from consent.oauth.server import NO_STORE
from consent.oauth.settings import OAuthSettings

QUERY_SCOPE = "grant_management_query"
REVOKE_SCOPE = "grant_management_revoke"


class Stopped(Protocol):
    """How a revocation went."""

    @property
    def status(self) -> str:
        """`confirmed`, or `stopping` while a process is neither done nor proven dead."""
        ...


class ManagedGrants(Protocol):
    """The part of `consent.grants.lifecycle.GrantService` that is needed here."""

    def find_for_client(self, grant_id: str, client_id: str, /) -> Any:
        """Return the record of a grant that was given through the client, or None."""
        ...

    async def revoke(self, grant_id: str, /, *, by: Any, by_id: str, reason: str, client_id: str) -> Stopped:
        """End a grant in force of a client. Raises `GrantError` when there is none."""
        ...


class GrantManagement:
    """`GET` and `DELETE /oauth/grants/<id>`."""

    def __init__(self, tokens: AccessTokens, settings: OAuthSettings, grants: ManagedGrants) -> None:
        self._tokens = tokens
        self._settings = settings
        self._grants = grants

    async def query(self, request: Request) -> Response:
        """Describe a live grant of the client."""
        token = await self._authorize(request, QUERY_SCOPE)
        if isinstance(token, Response):
            return token
        grant_id = request.path_params["grant_id"]
        record = None
        if "\0" not in grant_id:
            record = await run_in_threadpool(self._grants.find_for_client, grant_id, token.client_id)
        if record is None or record.status != "active":
            return _unknown()
        items = [Item(platform, category) for platform, category in record.granted]
        body = {
            "scopes": [{"scope": " ".join(scopes_of(item.category for item in items))}],
            "authorization_details": granted_details(record.purpose, items, record.expires_at),
        }
        return JSONResponse(body, headers=dict(NO_STORE))

    async def revoke(self, request: Request) -> Response:
        """End a grant of the client: 204 when nothing under it runs any more, 202 while that is not proven."""
        token = await self._authorize(request, REVOKE_SCOPE)
        if isinstance(token, Response):
            return token
        grant_id = request.path_params["grant_id"]
        if "\0" in grant_id:
            return _unknown()
        try:
            stopped = await self._grants.revoke(
                grant_id,
                by="actor",
                by_id=token.client_id,
                reason="given back by the actor",
                client_id=token.client_id,
            )
        except GrantError:
            return _unknown()
        if stopped.status == "confirmed":
            return Response(status_code=204, headers=dict(NO_STORE))
        return JSONResponse({"status": stopped.status}, 202, headers=dict(NO_STORE))

    async def _authorize(self, request: Request, scope: str) -> AuthenticatedToken | Response:
        """Return the token that a request may manage grants with, or the answer to one that may not."""
        presented = Presented(
            proofs=request.headers.getlist("dpop"), method=request.method, url=self._settings.url(request.url.path)
        )
        token = await self._tokens.authenticate(request.headers.get("authorization"), presented)
        if isinstance(token, TokenRefused):
            headers = {"WWW-Authenticate": token.challenge, **NO_STORE}
            if token.dpop_nonce is not None:
                headers["DPoP-Nonce"] = token.dpop_nonce
            return _error(token.status, token.error or "invalid_token", token.description, headers)
        if scope not in token.scopes or token.grant_id is not None:
            return _error(403, "insufficient_scope", f"An own token of the client with the scope {scope} is needed.")
        return token


def _unknown() -> Response:
    return _error(404, "invalid_grant_id", "There is no such grant.")


def _error(status: int, error: str, description: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(
        {"error": error, "error_description": description}, status, headers={**NO_STORE, **(headers or {})}
    )
