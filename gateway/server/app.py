"""The composition root: the only place where objects are wired together.

    settings ─► database, keys ─► consent ─► connectors ─► graph ─► subgraphs ─► engine ─► routes

Everything is passed; nothing is global. What needs an event loop or a thread starts in the lifespan and ends there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Engine as DatabaseEngine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from consent.access_log import AccessLog
from consent.contact import ContactCodes
from consent.gate import ConsentGate
from consent.grants import GrantService
from consent.leases import LeaseKeeper
from consent.oauth import endpoints as oauth_endpoints
from consent.oauth.access import AccessTokens
from consent.oauth.authorization import Authorizations
from consent.oauth.settings import OAuthSettings
from consent.pages import routes as page_routes
from consent.pages.services import PagesServices
from consent.signin.demo import DemoLogin
from consent.signin.forms import Forms
from consent.signin.passwords import Passwords
from consent.signin.sessions import Sessions
from consent.signin.settings import SignInSettings
from consent.stops import Stops
from consent.subgraph import ConsentServices
from consent.visibility import ConsentedAccounts, SubjectGates
from gateway.config import Settings
from gateway.engine import Engine, EngineOptions, EngineResponse, Limits
from gateway.planner import PlannerOptions
from gateway.registry import Registry
from gateway.server.authenticate import Authenticator
from gateway.server.demo_workers import ensure_demo_workers
from gateway.server.errors import on_defect, on_http_error
from gateway.server.graphiql import graphiql_routes
from gateway.server.graphql import GraphQLEndpoint
from gateway.server.health import health_routes
from gateway.server.http_request import GraphQLParameters, Refused
from gateway.server.session import RequestSession
from gateway.storage.database import check_connection, create_database_engine
from gateway.storage.migrate import migrate
from gateway.storage.sealer import PairwiseSealer
from gateway.storage.vault import Vault
from gateway.storage.vocabulary import seed


def create_app(settings: Settings) -> Starlette:
    """Return the ASGI application for `settings`.

    Migrates the database. Raises `DatabaseError`, and `CompositionFailedError` when the catalogue does not compose.
    """
    database = _open_database(settings)
    keyring = settings.keyring
    sealer = PairwiseSealer(keyring)

    leases = LeaseKeeper(database)
    stops = Stops(database, leases, drain=settings.revoke_bound)
    grants = GrantService(database, stops)
    contacts = ContactCodes(database)
    visibility = ConsentedAccounts(database)

    authorize_url = f"{settings.issuer}/oauth/authorize"
    registry = Registry(
        database=database,
        vault=Vault(keyring),
        pseudonym_key=keyring.derive("pseudonym"),
        sandbox_url=settings.sandbox_url,
        upstream_timeout=settings.upstream_timeout,
        consent=ConsentServices(database, grants=grants, contacts=contacts, leases=leases, authorize_url=authorize_url),
        visible_accounts=visibility.visible,
    )
    gate = ConsentGate(leases, sources=registry.sources, authorize_url=authorize_url)
    engine = Engine.from_subgraphs(
        registry.subgraphs, rules=registry.rules, gate=gate, sealer=sealer, options=_engine_options(settings)
    )

    sign_in = SignInSettings(issuer=settings.issuer)
    oauth = OAuthSettings(issuer=settings.issuer, seal=sealer.seal_for_actor, platforms=registry.platform_names)
    sessions = Sessions(database, sign_in)
    forms = Forms(sign_in, sessions)
    linking = registry.linking(
        issuer=settings.issuer, sessions=sessions, forms=forms, gates=SubjectGates(), stops=stops
    )
    pages = PagesServices(
        engine=database,
        oauth=oauth,
        sessions=sessions,
        forms=forms,
        passwords=Passwords(database, sign_in),
        demo_login=DemoLogin(sign_in, ensure_demo_workers(database)) if settings.demo_login else None,
        authorizations=Authorizations(database, oauth, grants),
        grants=grants,
        access_log=AccessLog(database),
        contact_codes=contacts,
        linked_accounts=linking.view,
    )
    routes: list[BaseRoute] = [
        Route("/", _home, methods=["GET"]),
        Route("/graphql", _graphql(engine, Authenticator(AccessTokens(database, oauth)), settings)),
        *(graphiql_routes() if settings.graphiql else []),
        *health_routes(database, lambda: bool(engine.supergraph_sdl)),
        *oauth_endpoints.routes(
            oauth_endpoints.OAuthServices(
                engine=database,
                settings=oauth,
                grants=grants,
                error_page=page_routes.error_page(forms),
                consent_path=page_routes.consent_path,
            )
        ),
        *page_routes.routes(pages),
        *linking.routes,
    ]

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await asyncio.to_thread(leases.start)
        try:
            yield
        finally:
            await registry.close()
            await asyncio.to_thread(leases.close)
            database.dispose()

    return Starlette(
        routes=routes,
        exception_handlers={HTTPException: on_http_error, Exception: on_defect},
        lifespan=lifespan,
    )


def _open_database(settings: Settings) -> DatabaseEngine:
    database = create_database_engine(settings.database_url)
    try:
        check_connection(database)
        migrate(database)
        seed(database)
    except BaseException:
        database.dispose()
        raise
    return database


def _engine_options(settings: Settings) -> EngineOptions:
    return EngineOptions(
        limits=Limits(
            document_bytes=settings.max_body_bytes,
            tokens=settings.max_tokens,
            depth=settings.max_depth,
            aliases=settings.max_aliases,
            fields=settings.max_cost,
        ),
        introspection=settings.introspection,
        timeout=settings.request_timeout,
        planner=PlannerOptions(reenter_scoped=True),
    )


def _graphql(engine: Engine, authenticate: Authenticator, settings: Settings) -> GraphQLEndpoint:
    async def execute(parameters: GraphQLParameters, session: RequestSession) -> EngineResponse | Refused:
        return await engine.execute(
            parameters.query,
            parameters.variables,
            parameters.operation_name,
            session,
            session.scopes,
            only_queries=parameters.is_get,
        )

    return GraphQLEndpoint(execute, authenticate, max_body_bytes=settings.max_body_bytes)


async def _home(_: Request) -> Response:
    return RedirectResponse("/me", 303)
