"""`/graphql`, the explorer, metrics and health."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from gateway.config import Settings
from gateway.server.cors import parse_origins
from gateway.server.documents import Documents, load_trusted_documents
from gateway.server.execution import Execution
from gateway.server.graphiql import graphiql_routes
from gateway.server.graphql import EndpointOptions, GraphQLEndpoint, StreamLife
from gateway.server.health import health_routes
from gateway.server.serving import Drain
from gateway.server.telemetry import Telemetry
from gateway.server.wiring.consent import ConsentParts
from gateway.server.wiring.graph import GraphParts
from gateway.server.wiring.oauth import OAuthParts
from gateway.server.wiring.signin import SignInParts
from gateway.server.wiring.storage import StorageParts
from gateway.server.worker_session import SessionLiveness, WorkerAuthenticator

ENDPOINT = "/graphql"
"""The path of the query endpoint."""


def endpoint_routes(
    settings: Settings,
    storage: StorageParts,
    consent: ConsentParts,
    graph: GraphParts,
    oauth: OAuthParts,
    sign_in: SignInParts,
    telemetry: Telemetry,
    process_end: Drain,
) -> list[BaseRoute]:
    """Return the routes of the query endpoint, of the workers' own, and of what stands beside them."""
    execution = Execution(graph.engine)
    return [
        Route(
            ENDPOINT,
            telemetry.endpoint(
                GraphQLEndpoint(
                    execution,
                    oauth.authenticator,
                    StreamLife(seconds_left=oauth.liveness, stopping=process_end.stopping),
                    _options(settings),
                )
            ),
        ),
        Route(
            "/me/graphql",
            GraphQLEndpoint(
                execution,
                WorkerAuthenticator(sign_in.sessions, sign_in.settings.origin),
                StreamLife(seconds_left=SessionLiveness(sign_in.sessions), stopping=process_end.stopping),
                _own_options(settings),
            ),
        ),
        *(graphiql_routes() if settings.graphiql else []),
        *telemetry.routes(),
        *health_routes(
            storage.database,
            has_supergraph=graph.is_composed,
            is_draining=lambda: process_end.is_draining,
            trouble=lambda: consent.leases.trouble,
        ),
    ]


def _options(settings: Settings) -> EndpointOptions:
    return EndpointOptions(
        max_body_bytes=settings.max_body_bytes,
        timeout=settings.request_timeout,
        compression=settings.compression,
        origins=parse_origins(settings.cors_origins),
        documents=_documents(settings),
    )


def _own_options(settings: Settings) -> EndpointOptions:
    """No other origin asks here, and nothing is compressed where there is a cookie (BREACH)."""
    return EndpointOptions(max_body_bytes=settings.max_body_bytes, timeout=settings.request_timeout, compression=False)


def _documents(settings: Settings) -> Documents:
    mode = settings.trusted_documents_mode
    return Documents(
        {} if mode == "off" else load_trusted_documents(settings.trusted_documents),
        required=mode == "require",
        automatic=settings.persisted_queries,
    )
