"""The composition root: the only place where objects are wired together.

    settings ─► storage ─► consent ─► platforms ─► graph ─► pages, console, oauth, notices, endpoint ─► routes

Everything is passed; nothing is global. What each part is made of stands in `wiring/`.
What needs an event loop or a thread starts in the lifespan and ends there.
"""

from __future__ import annotations

from gateway.config import Settings
from gateway.server.entrance import Entrance
from gateway.server.serving import Drain
from gateway.server.telemetry import telemetry_of
from gateway.server.wiring.consent import build_consent
from gateway.server.wiring.console import build_console
from gateway.server.wiring.endpoint import ENDPOINT, endpoint_routes
from gateway.server.wiring.graph import build_graph
from gateway.server.wiring.lifespan import lifespan_of
from gateway.server.wiring.notices import build_notices
from gateway.server.wiring.oauth import build_oauth
from gateway.server.wiring.pages import build_pages
from gateway.server.wiring.platforms import build_platform_parts
from gateway.server.wiring.registration import registration_routes
from gateway.server.wiring.signin import build_sign_in
from gateway.server.wiring.storage import open_storage


def create_app(settings: Settings, process_end: Drain | None = None) -> Entrance:
    """Return the ASGI application for `settings`; `process_end` tells it when the process is about to stop.

    Migrates the database. Raises `DatabaseError`, and `CompositionFailedError` when the catalogue does not compose.
    """
    process_end = process_end or Drain()
    telemetry = telemetry_of(settings)
    storage = open_storage(settings)
    consent = build_consent(settings, storage)
    platforms = build_platform_parts(settings, storage, consent)
    graph = build_graph(settings, storage, consent, platforms, telemetry)
    sign_in = build_sign_in(settings, storage)
    oauth = build_oauth(settings, storage, consent, platforms, sign_in)
    pages = build_pages(settings, storage, consent, platforms, graph, sign_in, oauth)
    console = build_console(settings, storage, consent, platforms, sign_in, oauth)
    notices = build_notices(settings, storage, consent)
    return Entrance(
        [
            *endpoint_routes(settings, storage, consent, graph, oauth, sign_in, telemetry, process_end),
            *oauth.routes(),
            *pages.routes(),
            *registration_routes(storage, platforms, sign_in),
            *console.routes(),
            *consent.routes(),
            *notices.routes(),
        ],
        lifespan_of(
            start=[consent.start, graph.start],
            work=[storage.work, consent.work, platforms.work, graph.work, notices.work, telemetry.work],
            close=[notices.close, platforms.close, consent.close, storage.close],
        ),
        direct=ENDPOINT,
    )
