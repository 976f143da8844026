"""Between the endpoint and the engine: what HTTP adds to the meaning of an operation."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from gateway.engine import Engine, EngineResponse
from gateway.errors import InvalidRequestError
from gateway.server.http_request import MUTATION_BY_GET, GraphQLParameters, Refused, refused_as_a_whole
from gateway.server.session import RequestSession


class Execution:
    """Executes requests with an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def execute(self, parameters: GraphQLParameters, session: RequestSession) -> EngineResponse | Refused:
        """Answer one request; by GET only a query."""
        response = await self._engine.execute(
            parameters.query,
            parameters.variables,
            parameters.operation_name,
            session,
            session.scopes,
            only_queries=parameters.is_get,
            report_cost=parameters.extensions.get("cost") is True,
        )
        if response.is_request_error:
            return refused_as_a_whole(response.errors, is_get=parameters.is_get) or response
        return response

    async def stream(
        self, parameters: GraphQLParameters, session: RequestSession
    ) -> AsyncGenerator[EngineResponse, None] | Refused:
        """Answer one request in as many responses as it takes; no mutation by GET."""
        if parameters.is_get and await self._kind(parameters, session) == "mutation":
            return MUTATION_BY_GET
        opened = await self._engine.open(
            parameters.query, parameters.variables, parameters.operation_name, session, session.scopes
        )
        if isinstance(opened, EngineResponse):
            return refused_as_a_whole(opened.errors, is_get=False) or _one(opened)
        return opened

    async def is_deferring(self, parameters: GraphQLParameters, session: RequestSession) -> bool:
        """Tell whether this is a query that may be answered in several parts."""
        return "@defer" in parameters.query and await self._kind(parameters, session) == "query"

    async def _kind(self, parameters: GraphQLParameters, session: RequestSession) -> str | None:
        """Return `query`, `mutation` or `subscription`; None for a document that is refused."""
        try:
            return (await self._engine.prepare(parameters.query, parameters.operation_name, session)).kind
        except InvalidRequestError:
            return None


async def _one(response: EngineResponse) -> AsyncGenerator[EngineResponse, None]:
    yield response
