"""The way in: requests for the query endpoint go straight to it, everything else through Starlette's layers.

Starlette's layers and router are seven coroutines around each request, which every wait of the request goes through.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from gateway.server.errors import on_database_failure, on_defect, on_http_error


class Entrance(Starlette):
    """An application of `routes`, the one at `direct` also without Starlette. What fails is answered alike on each way.

    The endpoint at `direct` is an ASGI application, and knows nothing of what Starlette would put into its scope.
    """

    def __init__(
        self,
        routes: Sequence[BaseRoute],
        lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]],
        *,
        direct: str,
    ) -> None:
        super().__init__(
            routes=routes,
            exception_handlers={
                HTTPException: on_http_error,
                SQLAlchemyError: on_database_failure,
                Exception: on_defect,
            },
            lifespan=lifespan,
        )
        self._path = direct
        (self._endpoint,) = (route.app for route in routes if isinstance(route, Route) and route.path == direct)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection. Below a `root_path`, finding the route is left to Starlette."""
        if scope["type"] != "http" or scope["path"] != self._path or scope.get("root_path"):
            await super().__call__(scope, receive, send)
            return
        has_started = False

        def noting(message: Message) -> Awaitable[None]:
            nonlocal has_started
            has_started = True
            return send(message)

        try:
            await self._endpoint(scope, receive, noting)
        except Exception as error:
            request = Request(scope)
            if isinstance(error, SQLAlchemyError) and not has_started:
                await (await on_database_failure(request, error))(scope, receive, send)
                return
            answer = await on_defect(request, error)
            if not has_started:
                await answer(scope, receive, send)
            raise  # as Starlette does: the server closes the connection
