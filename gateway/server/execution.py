"""Between the endpoint and the engine: what HTTP adds to the meaning of an operation."""

from __future__ import annotations

from gateway.engine import Engine, EngineResponse
from gateway.server.http_request import GraphQLParameters, Refused, mutation_by_get
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
