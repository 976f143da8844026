"""The composition root: the only place where objects are wired together.

    settings ─► database, keys ─► consent ─► connectors ─► graph ─► subgraphs ─► engine ─► routes

Everything is passed; nothing is global. What needs an event loop or a thread starts in the lifespan and ends there.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Mapping
from typing import Any

from sqlalchemy import Engine as DatabaseEngine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from connectors.catalogue import built_in
from connectors.directory import DirectorySubgraph
from connectors.environment import Environment
from connectors.linking.routes import LinkingRoutes
from connectors.registration import LiveConnectors, Registration
from connectors.registry import Registry, build_platforms
from connectors.transport import Wire
from connectors.transport.address import Reach, is_allowed
from consent.access_log import AccessLog
from consent.audit.log import AuditLog
from consent.columns import utc_now
from consent.contact import ContactCodes
from consent.gate import ConsentGate
from consent.grants import GrantService
from consent.leases import LeaseKeeper
from consent.models import new_id
from consent.notices.outbox import Outbox
from consent.notices.push import HttpPush
from consent.notices.routes import notice_routes
from consent.notices.sender import NoticeSender
from consent.oauth import endpoints as oauth_endpoints
from consent.oauth.access import AccessTokens
from consent.oauth.authorization import Authorizations
from consent.oauth.settings import OAuthSettings
from consent.pages import routes as page_routes
from consent.pages.receipt import ReceiptServices, receipt_routes
from consent.pages.services import PagesServices
from consent.platform_gates import PlatformGates
from consent.receipts import Party
from consent.signin.demo import DemoLogin
from consent.signin.forms import Forms
from consent.signin.oidc import OidcSignIn
from consent.signin.passkeys import Passkeys
from consent.signin.passwords import Passwords
from consent.signin.sessions import Sessions
from consent.signin.settings import SignInSettings
from consent.signin.totp import Totp
from consent.stops import Revocation, Scope, Stops
from consent.subgraph import ConsentServices
from consent.subgraph import build_schema as build_consent_schema
from consent.visibility import ConsentedAccounts, SubjectGates
from consent.vocabulary import SELF_PURPOSE
from gateway.config import Settings
from gateway.engine import Engine, EngineOptions, EngineResponse, Limits
from gateway.planner import PlannerOptions
from gateway.registry import RULES, LiveGraph, compose_with
from gateway.server.audit import audit_routes
from gateway.server.authenticate import Authenticator
from gateway.server.cors import parse_origins
from gateway.server.demo_workers import ensure_demo_workers
from gateway.server.documents import Documents, load_trusted_documents
from gateway.server.errors import on_defect, on_http_error
from gateway.server.graphiql import graphiql_routes
from gateway.server.graphql import EndpointOptions, GraphQLEndpoint, StreamLife
from gateway.server.health import health_routes
from gateway.server.housekeeping import keep_house
from gateway.server.liveness import TokenLiveness
from gateway.server.serving import Drain
from gateway.server.session import RequestSession
from gateway.server.signers import audit_signer, notice_signer, receipt_signer
from gateway.server.telemetry import Telemetry, telemetry_of
from gateway.storage.database import check_connection, create_database_engine
from gateway.storage.migrate import migrate
from gateway.storage.sealer import PairwiseSealer
from gateway.storage.vault import Vault
from gateway.storage.vocabulary import seed
from graph.subgraph import build_schema as build_graph_schema
from graph.taxonomy_import import live_graph


def create_app(settings: Settings, process_end: Drain | None = None) -> Starlette:
    """Return the ASGI application for `settings`; `process_end` tells it when the process is about to stop.

    Migrates the database. Raises `DatabaseError`, and `CompositionFailedError` when the catalogue does not compose.
    """
    process_end = process_end or Drain()
    telemetry = telemetry_of(settings)
    database = _open_database(settings)
    keyring = settings.keyring
    sealer, vault = PairwiseSealer(keyring), Vault(keyring)

    leases = LeaseKeeper(database)
    stops = Stops(database, leases, drain=settings.revoke_bound)
    grants = GrantService(database, stops)
    contacts = ContactCodes(database)

    authorize_url = f"{settings.issuer}/oauth/authorize"
    environment = Environment(sandbox_url=settings.sandbox_url or None, registrations=settings.registrations)
    wire = Wire()
    registration = Registration(
        database, PlatformGates(), lambda connector: [str(each) for each in compose_with(connector)], clock=utc_now
    )
    registration.seed(built_in())
    generation, connectors = registration.live()

    async def drain(account_id: str) -> Revocation:
        return await stops.drain(Scope(kind="account", ref=account_id))

    consented = ConsentedAccounts(database)
    platforms = build_platforms(
        connectors,
        wire=wire,
        engine=database,
        vault=vault,
        gate=SubjectGates(),
        consented=consented,
        drain=drain,
        environment=environment,
        pseudonym_key=keyring.derive_lasting("pseudonym"),
        digest_key=keyring.derive_lasting("digest"),
    )
    signer = audit_signer(settings)
    audit = AuditLog(database, signer)
    gate = ConsentGate(leases, sources={}, authorize_url=authorize_url)
    graph = LiveGraph(
        build_consent_schema(
            ConsentServices(
                database, grants=grants, contacts=contacts, leases=leases, authorize_url=authorize_url, audit=audit
            )
        ),
        build_graph_schema(live_graph(database), utc_now),
        platforms,
        lambda: DirectorySubgraph(
            platforms.registry.connectors, platforms.accounts, consented, simulated=bool(settings.sandbox_url)
        ),
        lambda assembly: Engine.from_subgraphs(
            assembly.subgraphs, rules=RULES, gate=gate, sealer=sealer, options=_engine_options(settings)
        ),
        gate,
        telemetry.subgraph,
    )
    engine = graph.engine
    live = LiveConnectors(registration, platforms.registry, graph.swap)
    live.generation = generation

    sign_in = SignInSettings(issuer=settings.issuer)
    oauth = OAuthSettings(
        issuer=settings.issuer,
        seal=sealer.seal_for_actor,
        platforms=lambda: _names(platforms.registry),
        nonce_key=keyring.derive("oauth:dpop-nonce"),
    )
    sessions = Sessions(database, sign_in)
    forms = Forms(sign_in, sessions)
    linking = LinkingRoutes(
        platforms.linking,
        environment,
        current_worker=sessions.current_worker,
        forms=forms,
        public_url=settings.issuer,
    )

    async def read_own(worker_id: str, query: str, variables: Mapping[str, Any]) -> EngineResponse:
        asker = RequestSession(request_id=new_id(), kind="worker", worker_id=worker_id, purpose=SELF_PURPOSE)
        return await engine.execute(query, variables, None, asker)

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
        linked_accounts=platforms.view,
        passkeys=Passkeys(database, sign_in),
        totp=Totp(database, sign_in, vault),
        oidc=OidcSignIn(database, sign_in, settings.oidc) if settings.oidc else None,
        read_own=read_own,
        erase=stops.erase_worker,
    )
    receipts = ReceiptServices(
        sessions=sessions,
        grants=grants,
        signer=receipt_signer(settings),
        seal=sealer.seal_for_actor,
        intermediary=Party(name=settings.operator_name, url=settings.issuer, contact=settings.operator_contact or None),
        checkpoint=audit.latest,
    )
    notices = notice_signer(settings)
    push = HttpPush(
        lambda ip: is_allowed(ip, Reach.PUBLIC) or (settings.is_loopback and is_allowed(ip, Reach.LOOPBACK))
    )
    sender = NoticeSender(Outbox(database, notices, sealer.seal_for_actor), push)
    routes: list[BaseRoute] = [
        Route("/", _home, methods=["GET"]),
        Route("/favicon.ico", _icon, methods=["GET"]),
        Route(
            "/graphql",
            _graphql(
                engine,
                Authenticator(AccessTokens(database, oauth), oauth.resource),
                StreamLife(seconds_left=TokenLiveness(database, oauth.clock), stopping=process_end.stopping),
                telemetry,
                settings,
            ),
        ),
        *(graphiql_routes() if settings.graphiql else []),
        *telemetry.routes(),
        *health_routes(database, lambda: bool(engine.supergraph_sdl), lambda: process_end.is_draining),
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
        *receipt_routes(receipts),
        *linking.routes(),
        *audit_routes(audit, signer.verifier),
        *notice_routes(notices),
    ]

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await asyncio.to_thread(leases.start)
        _settle_garbage_collector()
        tasks = [
            asyncio.create_task(work)
            for work in (audit.run(), live.watch(), keep_house(database, grants), sender.run(), telemetry.run())
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await push.close()
            await wire.close()
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


def _names(registry: Registry) -> dict[str, str]:
    return {each.name: each.definition.platform.display_name for each in registry.connectors}


def _engine_options(settings: Settings) -> EngineOptions:
    return EngineOptions(
        limits=Limits(
            document_bytes=settings.max_body_bytes,
            tokens=settings.max_tokens,
            depth=settings.max_depth,
            aliases=settings.max_aliases,
            cost=settings.max_cost,
        ),
        introspection=settings.introspection,
        timeout=settings.request_timeout,
        planner=PlannerOptions(reenter_scoped=True),
    )


def _settle_garbage_collector() -> None:
    """What was made at the start lives to the end; looking at it again and again slows requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _graphql(
    engine: Engine, authenticate: Authenticator, streams: StreamLife, telemetry: Telemetry, settings: Settings
) -> ASGIApp:
    options = EndpointOptions(
        max_body_bytes=settings.max_body_bytes,
        timeout=settings.request_timeout,
        compression=settings.compression,
        origins=parse_origins(settings.cors_origins),
        documents=_documents(settings),
    )
    return telemetry.endpoint(GraphQLEndpoint(telemetry.execution(engine), authenticate, streams, options))


def _documents(settings: Settings) -> Documents:
    mode = settings.trusted_documents_mode
    return Documents(
        {} if mode == "off" else load_trusted_documents(settings.trusted_documents),
        required=mode == "require",
        automatic=settings.persisted_queries,
    )


async def _home(_: Request) -> Response:
    return RedirectResponse("/me", 303)


async def _icon(_: Request) -> Response:
    return RedirectResponse("/assets/gigway.svg", 301)
