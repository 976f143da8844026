"""`gigway serve` and `gigway migrate`: run the gateway."""

from __future__ import annotations

import argparse
import gc
import os
from typing import TYPE_CHECKING, Any

from gateway.cli.failure import check_port
from gateway.cli.giving_way import give_way
from gateway.config import Settings, load_settings
from gateway.server.logging import logging_configuration
from gateway.storage.database import create_database_engine
from gateway.storage.migrate import migrate

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from gateway.server.serving import Drain


def add_parsers(commands: Any) -> None:
    """Add `serve` and `migrate`."""
    serve = commands.add_parser("serve", help="run the gateway")
    serve.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to listen on (default: 8700)")
    serve.set_defaults(run=_serve)
    migration = commands.add_parser("migrate", help="bring the database's schema up to date")
    migration.set_defaults(run=_migrate)


def _serve(options: argparse.Namespace) -> int:
    settings = load_settings(os.environ, host=options.host, port=options.port)
    check_port(settings.host, settings.port, "--port or GIGWAY_PORT")
    run_server(settings)
    return 0


def run_server(settings: Settings) -> None:
    """Serve until a signal comes. Open requests are finished first."""
    gc.disable()  # until the application runs: nearly all that is made at the start stays
    app, drain = give_way(lambda: _create(settings))
    from gateway.server.serving import server_for

    server_for(
        app,
        drain,
        host=settings.host,
        port=settings.port,
        max_head=settings.max_header_bytes,
        delay=settings.shutdown_delay,
        longest=settings.request_timeout,
        log_config=logging_configuration(settings.log_level),
    ).run()


def _create(settings: Settings) -> tuple[ASGIApp, Drain]:
    from gateway.server.app import create_app
    from gateway.server.serving import Drain

    drain = Drain()
    app = create_app(settings, drain)
    gc.collect()
    return app, drain


def _migrate(_: argparse.Namespace) -> int:
    settings = load_settings(os.environ)
    engine = create_database_engine(settings.database_url)
    try:
        changed = migrate(engine)
    finally:
        engine.dispose()
    print("migrated" if changed else "nothing to do")
    return 0
