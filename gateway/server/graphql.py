"""The GraphQL endpoint: authenticate, read, execute, hand over, acknowledge.

An ASGI application of its own rather than a Starlette request handler, because the last step matters:
leases stay open until the bytes of the answer are with the socket (DESIGN §3.5), so the response is sent here and
acknowledged after it, whatever happens in between.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.server.attendance import Attendance
from gateway.server.cors import CrossOrigin
from gateway.server.documents import Documents
from gateway.server.http_request import (
    EVENT_STREAM,
    GONE,
    GRAPHQL_RESPONSE,
    JSON,
    Credentials,
    GraphQLParameters,
    Receive,
    Refused,
    Scope,
    accepts_parts,
    credentials_of,
    headers_of,
    negotiate,
    read_parameters,
)
from gateway.server.http_response import ResponseWriter, Send, accepts_gzip
from gateway.server.serving import CONNECTION
from gateway.server.session import RequestSession
from gateway.server.streams import EVENTS, PARTS, Conditions, Framing, deliver


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

    def acknowledge(self) -> Awaitable[None]:
        """Close the permits of this response, whether or not anybody waits for it."""
        ...


class Executes(Protocol):
    """The part of the engine that the endpoint uses (`execution.py`)."""

    async def execute(self, parameters: GraphQLParameters, session: RequestSession) -> Response | Refused:
        """Execute one request."""
        ...

    async def stream(
        self, parameters: GraphQLParameters, session: RequestSession
    ) -> AsyncGenerator[Any, None] | Refused:
        """Execute one request whose answer comes in parts."""
        ...

    async def is_deferring(self, parameters: GraphQLParameters, session: RequestSession) -> bool:
        """Tell whether a query has parts that may come later."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointOptions:
    """What the operator decides about the endpoint.

    `timeout` is for reading a body, and for executing, in seconds. `documents` says which documents are accepted.
    """

    max_body_bytes: int = 1_000_000
    timeout: float | None = 30.0
    compression: bool = True
    origins: frozenset[str] = frozenset()
    documents: Documents = field(default_factory=Documents)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLife:
    """What ends a stream: `seconds_left` for the credentials that it was opened with, `stopping` for the process."""

    seconds_left: Callable[[Credentials], Awaitable[float]]
    stopping: Callable[[], Awaitable[None]]


class GraphQLEndpoint:
    """The ASGI application at `/graphql`."""

    def __init__(
        self,
        execution: Executes,
        authenticate: Authenticated,
        streams: StreamLife,
        options: EndpointOptions | None = None,
    ) -> None:
        self._execution = execution
        self._authenticate = authenticate
        self._streams = streams
        self._options = options or EndpointOptions()
        self._cross_origin = CrossOrigin(self._options.origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        options = self._options
        headers = headers_of(scope)
        request_id = os.urandom(8).hex()
        connection = scope.get("extensions", {}).get(CONNECTION, {})
        attendance = Attendance(receive, options.timeout, connection.get("abort"))
        writer = ResponseWriter(
            send,
            request_id,
            attendance,
            gzip=options.compression and accepts_gzip(headers.get(b"accept-encoding")),
            extra=self._cross_origin.headers(headers) if b"origin" in headers else (),
            hold=connection.get("hold"),
        )
        try:
            preflight = self._cross_origin.preflight(headers) if scope["method"] == "OPTIONS" else None
            if preflight is not None:
                await writer.empty(204, preflight)
                return
            refused = await self._serve(scope, receive, writer, headers, request_id, attendance)
            if refused is not None and refused is not GONE:
                await writer.refuse(refused)
        finally:
            attendance.end()

    async def _serve(
        self,
        scope: Scope,
        receive: Receive,
        writer: ResponseWriter,
        headers: dict[bytes, bytes],
        request_id: str,
        attendance: Attendance,
    ) -> Refused | None:
        accept = headers.get(b"accept")
        media_type = negotiate(accept)
        if isinstance(media_type, Refused):
            return media_type
        is_stream = media_type == EVENT_STREAM
        writer.media_type = JSON if is_stream else media_type
        credentials = credentials_of(scope, headers)
        session = await self._authenticate(credentials, request_id)
        if isinstance(session, Refused):
            return session
        try:
            attendance.enter("reading")
            parameters = await read_parameters(scope, receive, headers, limit=self._options.max_body_bytes)
            attendance.enter("unlimited")
            if not isinstance(parameters, Refused):
                parameters = self._options.documents.resolve(parameters)
            if isinstance(parameters, Refused):
                return parameters
            if is_stream:
                return await self._stream(EVENTS, parameters, session, credentials, receive, writer)
            if accepts_parts(accept) and await self._execution.is_deferring(parameters, session):
                return await self._stream(PARTS, parameters, session, credentials, receive, writer)
            attendance.enter("working")
            response = await self._execution.execute(parameters, session)
        except asyncio.CancelledError:
            given_up = attendance.given_up()
            if given_up is None:
                raise
            return given_up
        if isinstance(response, Refused):
            return response
        try:
            status = 400 if response.is_request_error and media_type == GRAPHQL_RESPONSE else 200
            await writer.answer(status, response.body)
        finally:
            response.acknowledge()
        return None

    async def _stream(
        self,
        framing: Framing,
        parameters: GraphQLParameters,
        session: RequestSession,
        credentials: Credentials,
        receive: Receive,
        writer: ResponseWriter,
    ) -> Refused | None:
        parts = await self._execution.stream(parameters, session)
        if isinstance(parts, Refused):
            return parts
        life = self._streams
        conditions = Conditions(seconds_left=lambda: life.seconds_left(credentials), stopping=life.stopping)
        await deliver(parts, writer, framing, receive, conditions)
        return None
