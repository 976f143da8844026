"""Puts the sandbox together: platforms behind their gates, the control page, the log, the exports, the inbox."""

from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from connectors.sandbox.control import ControlDesk
from connectors.sandbox.gate import PlatformGate
from connectors.sandbox.inbox import inbox_routes
from connectors.sandbox.journal import Journal
from connectors.sandbox.pages import style_sheet
from connectors.sandbox.platforms import BUILDERS
from connectors.sandbox.providers import PROVIDER_BUILDERS
from connectors.sandbox.settings import SandboxSettings
from connectors.sandbox.takeout.downloads import takeout_routes
from connectors.sandbox.world import Clock, World, clock_from

__all__ = ["create_sandbox"]


def create_sandbox(settings: SandboxSettings, *, clock: Clock | None = None) -> Starlette:
    """Return the sandbox as an ASGI application; `clock` replaces the clock that runs with real time."""
    running = clock or clock_from(settings.now)
    world = World(seed=settings.seed, clock=running, started=running())
    journal = Journal(running, settings.log_size)
    gates = [PlatformGate(build(world), journal, world) for build in (*BUILDERS, *PROVIDER_BUILDERS)]
    control = ControlDesk(settings, world, journal, gates)

    async def home(request: Request) -> Response:
        return RedirectResponse("/control")

    async def css(request: Request) -> Response:
        return style_sheet()

    hosts = {"127.0.0.1", "localhost", "[::1]", urlsplit(settings.public_url).hostname or "localhost"}
    return Starlette(
        routes=[
            Route("/", home),
            Route("/sandbox.css", css),
            *control.routes(),
            *takeout_routes(world),
            *inbox_routes(world.inbox),
            *(Mount(f"/{gate.platform.name}", app=gate) for gate in gates),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=sorted(hosts), www_redirect=False)],
    )
