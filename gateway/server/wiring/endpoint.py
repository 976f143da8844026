"""`/graphql`, the explorer, metrics and health."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from gateway.config import Settings
from gateway.server.cors import parse_origins
from gateway.server.documents import Documents, load_trusted_documents
from gateway.server.graphiql import graphiql_routes
from gateway.server.graphql import EndpointOptions, GraphQLEndpoint, StreamLife
from gateway.server.health import health_routes
from gateway.server.serving import Drain
from gateway.server.telemetry import Telemetry
from gateway.server.wiring.graph import GraphParts
from gateway.server.wiring.oauth import OAuthParts
from gateway.server.wiring.storage import StorageParts


def endpoint_routes(
    settings: Settings,
    storage: StorageParts,
    graph: GraphParts,
    oauth: OAuthParts,
    telemetry: Telemetry,
    process_end: Drain,
) -> list[BaseRoute]:
    """Return the routes of the query endpoint and of what stands beside it."""
    return [
        Route("/graphql", _graphql(settings, graph, oauth, telemetry, process_end)),
        *(graphiql_routes() if settings.graphiql else []),
        *telemetry.routes(),
        *health_routes(storage.database, graph.is_composed, lambda: process_end.is_draining),
    ]


def _graphql(
    settings: Settings, graph: GraphParts, oauth: OAuthParts, telemetry: Telemetry, process_end: Drain
) -> ASGIApp:
    streams = StreamLife(seconds_left=oauth.liveness, stopping=process_end.stopping)
    options = EndpointOptions(
        max_body_bytes=settings.max_body_bytes,
        timeout=settings.request_timeout,
        compression=settings.compression,
        origins=parse_origins(settings.cors_origins),
        documents=_documents(settings),
    )
    execution = telemetry.execution(graph.engine)
    return telemetry.endpoint(GraphQLEndpoint(execution, oauth.authenticator, streams, options))


def _documents(settings: Settings) -> Documents:
    mode = settings.trusted_documents_mode
    return Documents(
        {} if mode == "off" else load_trusted_documents(settings.trusted_documents),
        required=mode == "require",
        automatic=settings.persisted_queries,
    )
