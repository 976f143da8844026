"""Dynamic client registration over HTTP, for test clients: RFC 7591 with an initial access token, RFC 7592 after it.

    /oauth/register               POST         a new client; the answer has its secret and its registration token
    /oauth/register/<client id>   GET, PUT     what is registered; replace it
    /oauth/register/<client id>   DELETE       disable it

Initial access tokens come from the console, for one test actor each. A wrong token, and a token of another client,
get the same 401 (RFC 6750 §3.1), whether or not there is such a client.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Engine, delete, insert
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from consent.console.actions import By, record
from consent.oauth.machine_secrets import REGISTRATION_TOKEN, fingerprint, mint
from consent.oauth.models import REGISTRATION_TOKENS
from consent.oauth.parameters import MAX_BYTES
from consent.oauth.registration_endpoints import (
    Bearer,
    ConfigureClient,
    RegisterClient,
    RegistrationRequest,
    find_bearer,
)
from consent.oauth.server import NO_STORE, ConsentServer, OAuthResponse, error_response
from consent.oauth.settings import OAuthSettings
from consent.stops.stopping import Stops

_log = logging.getLogger(__name__)

LIFETIME: Final = timedelta(days=30)
USES: Final = 20
_MOST_MEMBERS: Final = 40
_LISTS: Final = ("redirect_uris", "grant_types", "response_types", "contacts")


class DynamicRegistration:
    """Makes initial access tokens, and answers what comes with them."""

    def __init__(self, engine: Engine, settings: OAuthSettings, stops: Stops) -> None:
        self._engine = engine
        self._settings = settings
        self._stops = stops

    def create(self, actor_id: str, organization_id: str, person_id: str, /) -> str:
        """Return a new initial access token for a test actor; it is shown this once."""
        token, now = mint(REGISTRATION_TOKEN), self._settings.clock()
        with self._engine.begin() as connection:
            connection.execute(
                insert(REGISTRATION_TOKENS).values(
                    token_hash=fingerprint(token),
                    actor_id=actor_id,
                    created_by=person_id,
                    created_at=now,
                    expires_at=now + LIFETIME,
                    uses_left=USES,
                )
            )
            record(
                connection,
                at=now,
                what="registration-token:create",
                by=By(kind="actor", id=person_id),
                organization=organization_id,
                actor=actor_id,
            )
        return token

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/oauth/register", self._register, methods=["POST"]),
            Route("/oauth/register/{client}", self._configure, methods=["GET", "PUT"]),
            Route("/oauth/register/{client}", self._delete, methods=["DELETE"]),
        ]

    async def _register(self, request: Request) -> Response:
        metadata = await _read_metadata(request)
        if metadata is None:
            return _answer(error_response(400, "invalid_client_metadata", "The body is not a client's metadata."))
        return await self._respond(request, "client_registration", metadata, client_id=None)

    async def _configure(self, request: Request) -> Response:
        metadata = await _read_metadata(request) if request.method == "PUT" else {}
        if metadata is None:
            return _answer(error_response(400, "invalid_client_metadata", "The body is not a client's metadata."))
        client_id = str(request.path_params["client"])
        return await self._respond(request, "client_configuration", metadata, client_id=client_id)

    async def _delete(self, request: Request) -> Response:
        client_id = str(request.path_params["client"])
        bearer = await run_in_threadpool(self._bearer, request, client_id)
        if bearer is None:
            return _refused()
        await self._stops.close_client(
            client_id, reason="deleted by its registration token", by="actor", by_id=client_id
        )
        await run_in_threadpool(self._forget, bearer)
        return Response(status_code=204, headers=dict(NO_STORE))

    async def _respond(
        self, request: Request, endpoint: str, metadata: Mapping[str, Any], *, client_id: str | None
    ) -> Response:
        bearer = await run_in_threadpool(self._bearer, request, client_id)
        if bearer is None:
            return _refused()
        try:
            answer = await run_in_threadpool(self._serve, request.method, endpoint, metadata, bearer)
        except SQLAlchemyError as error:
            _log.error("oauth:register:fail", extra={"error": type(error).__name__})
            answer = error_response(503, "temporarily_unavailable", "Gigway cannot answer at the moment.")
        return _answer(answer)

    def _serve(self, method: str, endpoint: str, metadata: Mapping[str, Any], bearer: Bearer) -> OAuthResponse:
        with self._engine.begin() as connection:
            server = ConsentServer(connection, self._settings, self._settings.clock())
            server.register_endpoint(RegisterClient)
            server.register_endpoint(ConfigureClient)
            answer: OAuthResponse = server.create_endpoint_response(
                endpoint, RegistrationRequest(method, metadata, bearer)
            )
            if answer.status >= 400:
                connection.rollback()
            return answer

    def _bearer(self, request: Request, client_id: str | None) -> Bearer | None:
        """Return the request's live token if it is the one for `client_id`: for None, an initial one."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        with self._engine.execution_options(read_only=True).connect() as connection:
            found = find_bearer(connection, token.strip(), now=self._settings.clock())
        return found if found is not None and found.client_id == client_id else None

    def _forget(self, bearer: Bearer) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(REGISTRATION_TOKENS).where(REGISTRATION_TOKENS.c.token_hash == bearer.token_hash))


async def _read_metadata(request: Request) -> dict[str, Any] | None:
    """Return a JSON object whose members have the types of RFC 7591; Authlib takes them for granted."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            return None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not found or len(found) > _MOST_MEMBERS or "\\u0000" in json.dumps(found):
        return None
    for name, value in found.items():
        if name in _LISTS:
            if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                return None
        elif name == "jwks":
            if not isinstance(value, dict):
                return None
        elif not isinstance(value, str | bool | int):
            return None
    return found


def _answer(answer: OAuthResponse) -> Response:
    return JSONResponse(answer.body, answer.status, headers=dict(answer.headers))


def _refused() -> Response:
    headers = {"WWW-Authenticate": 'Bearer realm="gigway", error="invalid_token"', **NO_STORE}
    body = {"error": "invalid_token", "error_description": "The registration token is unknown or of no use here."}
    return JSONResponse(body, 401, headers=headers)
