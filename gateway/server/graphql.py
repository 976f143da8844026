"""The GraphQL endpoint: authenticate, read, execute, hand over, acknowledge.

An ASGI application of its own rather than a Starlette request handler, because the last step matters:
leases stay open until the bytes of the answer are with the socket (DESIGN §3.5), so the response is sent here and
acknowledged after it, whatever happens in between.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import orjson

from gateway.server.http_request import (
    CHARSET,
    GRAPHQL_RESPONSE,
    Credentials,
    GraphQLParameters,
    Receive,
    Refused,
    Scope,
    credentials_of,
    headers_of,
    negotiate,
    read_parameters,
)
from gateway.server.session import RequestSession

Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

log = logging.getLogger("gigway.server.graphql")


class Authenticated(Protocol):
    """Finds out who asks: a session, or a refusal with its status and headers."""

    async def __call__(self, credentials: Credentials, request_id: str) -> RequestSession | Refused:
        """Return the session for what the request shows."""
        ...


class Response(Protocol):
    """The part of an engine's response that is sent."""

    @property
    def body(self) -> bytes:
        """The JSON body."""
        ...

    @property
    def is_request_error(self) -> bool:
        """Whether nothing was executed: the document or its variables were wrong."""
        ...

    async def acknowledge(self) -> None:
        """Close the permits of this response."""
        ...


class Executes(Protocol):
    """The part of the engine that the endpoint uses."""

    async def __call__(self, parameters: GraphQLParameters, session: RequestSession) -> Response | Refused:
        """Execute one request."""
        ...


class GraphQLEndpoint:
    """The ASGI application at `/graphql`."""

    def __init__(self, execute: Executes, authenticate: Authenticated, *, max_body_bytes: int) -> None:
        self._execute = execute
        self._authenticate = authenticate
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        headers = headers_of(scope)
        request_id = secrets.token_hex(8)
        media_type = negotiate(headers.get(b"accept"))
        if isinstance(media_type, Refused):
            await _send_refusal(send, media_type, GRAPHQL_RESPONSE, request_id)
            return
        refused = await self._serve(scope, receive, send, headers, media_type, request_id)
        if refused is not None:
            await _send_refusal(send, refused, media_type, request_id)

    async def _serve(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: dict[bytes, bytes],
        media_type: bytes,
        request_id: str,
    ) -> Refused | None:
        session = await self._authenticate(credentials_of(scope, headers), request_id)
        if isinstance(session, Refused):
            return session
        parameters = await read_parameters(scope, receive, headers, limit=self._max_body_bytes)
        if isinstance(parameters, Refused):
            return parameters
        response = await self._execute(parameters, session)
        if isinstance(response, Refused):
            return response
        try:
            status = 400 if response.is_request_error and media_type == GRAPHQL_RESPONSE else 200
            await _send(send, status, response.body, media_type, request_id, ())
        finally:
            await response.acknowledge()
        return None


async def _send_refusal(send: Send, refused: Refused, media_type: bytes, request_id: str) -> None:
    error = {"message": refused.message, "extensions": {"code": refused.code}}
    await _send(send, refused.status, orjson.dumps({"errors": [error]}), media_type, request_id, refused.headers)


async def _send(send: Send, status: int, body: bytes, media_type: bytes, request_id: str, extra: Headers) -> None:
    headers = [
        (b"content-type", media_type + CHARSET),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-request-id", request_id.encode()),
        *extra,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
