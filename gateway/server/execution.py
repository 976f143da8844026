"""Between the endpoint and the engine: what HTTP adds to the meaning of an operation."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from gateway.engine import Engine, EngineResponse
from gateway.errors import InvalidRequestError
from gateway.server.http_request import MUTATION_BY_GET, GraphQLParameters, Refused, mutation_by_get
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
        )
        if parameters.is_get and response.is_request_error:
            return mutation_by_get(response.errors) or response
        return response

    def stream(
        self, parameters: GraphQLParameters, session: RequestSession
    ) -> AsyncGenerator[EngineResponse, None] | Refused:
        """Answer one request in as many responses as it takes; no mutation by GET."""
        if parameters.is_get and self.kind(parameters) == "mutation":
            return MUTATION_BY_GET
        return self._engine.subscribe(
            parameters.query, parameters.variables, parameters.operation_name, session, session.scopes
        )

    def is_deferring(self, parameters: GraphQLParameters) -> bool:
        """Tell whether this is a query that may be answered in several parts."""
        return "@defer" in parameters.query and self.kind(parameters) == "query"

    def kind(self, parameters: GraphQLParameters) -> str | None:
        """Return `query`, `mutation` or `subscription`; None for a document that is refused."""
        try:
            return self._engine.version.prepare(parameters.query, parameters.operation_name).kind
        except InvalidRequestError:
            return None
