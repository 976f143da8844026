"""The GraphQL endpoint: authenticate, read, execute, hand over, acknowledge.

An ASGI application of its own rather than a Starlette request handler, because the last step matters:
leases stay open until the bytes of the answer are with the socket (DESIGN §3.5), so the response is sent here and
acknowledged after it, whatever happens in between.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Protocol

from gateway.server.attendance import while_attended
from gateway.server.cors import CrossOrigin
from gateway.server.http_request import (
    GONE,
    GRAPHQL_RESPONSE,
    JSON,
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
from gateway.server.http_response import ResponseWriter, Send, accepts_gzip
from gateway.server.session import RequestSession


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


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointOptions:
    """What the operator decides about the endpoint. `timeout` is for reading a body, and for executing, in seconds."""

    max_body_bytes: int = 1_000_000
    timeout: float | None = 30.0
    compression: bool = True
    origins: frozenset[str] = frozenset()


class GraphQLEndpoint:
    """The ASGI application at `/graphql`."""

    def __init__(self, execute: Executes, authenticate: Authenticated, options: EndpointOptions | None = None) -> None:
        self._execute = execute
        self._authenticate = authenticate
        self._options = options or EndpointOptions()
        self._cross_origin = CrossOrigin(self._options.origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        headers = headers_of(scope)
        request_id = secrets.token_hex(8)
        writer = ResponseWriter(
            send,
            request_id,
            gzip=self._options.compression and accepts_gzip(headers.get(b"accept-encoding")),
            extra=self._cross_origin.headers(headers) if b"origin" in headers else (),
        )
        preflight = self._cross_origin.preflight(scope["method"], headers)
        if preflight is not None:
            await writer.empty(204, preflight)
            return
        refused = await self._serve(scope, receive, writer, headers, request_id)
        if refused is not None and refused is not GONE:
            await writer.refuse(refused)

    async def _serve(
        self, scope: Scope, receive: Receive, writer: ResponseWriter, headers: dict[bytes, bytes], request_id: str
    ) -> Refused | None:
        media_type = negotiate(headers.get(b"accept"))
        if isinstance(media_type, Refused):
            writer.media_type = JSON
            return media_type
        writer.media_type = media_type
        session = await self._authenticate(credentials_of(scope, headers), request_id)
        if isinstance(session, Refused):
            return session
        options = self._options
        parameters = await read_parameters(
            scope, receive, headers, limit=options.max_body_bytes, seconds=options.timeout
        )
        if isinstance(parameters, Refused):
            return parameters
        response = await while_attended(
            self._execute(parameters, session), receive, None if options.timeout is None else options.timeout + GRACE
        )
        if isinstance(response, Refused):
            return response
        try:
            status = 400 if response.is_request_error and media_type == GRAPHQL_RESPONSE else 200
            await writer.answer(status, response.body)
        finally:
            await response.acknowledge()
        return None


GRACE = 2.0
"""Seconds: what is late at the engine's own limit still answers in part; what does not do even that is given up."""
