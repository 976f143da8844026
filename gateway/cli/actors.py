"""`gigway actors`: register matching actors and their clients."""

from __future__ import annotations

import argparse
import os
from typing import Any

from consent.oauth.actors import ActorRegistry, RegistrationError
from consent.vocabulary import CATEGORIES, PURPOSES, SELF_PURPOSE
from gateway.cli.failure import CommandError
from gateway.config import load_settings
from gateway.storage.database import create_database_engine
from gateway.storage.migrate import migrate
from gateway.storage.vocabulary import seed


def add_parsers(commands: Any) -> None:
    """Add `actors`."""
    actors = commands.add_parser("actors", help="matching actors").add_subparsers(
        dest="actors", metavar="WHAT", required=True
    )
    create = actors.add_parser("create", help="register an actor and a client; prints the client's secret once")
    create.add_argument("--name", required=True, help="trading name, as workers will read it")
    create.add_argument("--legal-name", help="legal name (default: the trading name)")
    create.add_argument("--contact", help="where workers can reach the actor about their data")
    create.add_argument("--redirect-uri", action="append", default=[], help="exact address to return to; repeatable")
    create.add_argument("--event-push-url", help="where to send signed notices when a grant ends (RFC 8935)")
    create.add_argument(
        "--category",
        action="append",
        choices=sorted(CATEGORIES),
        help="what it may ask for; repeatable",
        metavar="CATEGORY",
    )
    create.add_argument(
        "--purpose",
        action="append",
        choices=sorted(set(PURPOSES) - {SELF_PURPOSE}),
        help="what for; repeatable",
        metavar="PURPOSE",
    )
    create.set_defaults(run=_create)


def _create(options: argparse.Namespace) -> int:
    settings = load_settings(os.environ)
    push_url: str | None = options.event_push_url
    if push_url is not None and not push_url.startswith("https:") and not settings.is_loopback:
        raise CommandError("PUSH_URL_INVALID", "An address for notices is https.", exit_code=2)
    engine = create_database_engine(settings.database_url)
    try:
        migrate(engine)
        seed(engine)
        registry = ActorRegistry(engine)
        actor_id = registry.create_actor(
            legal_name=options.legal_name or options.name,
            trading_name=options.name,
            categories=options.category or ["engagements", "ratings", "skills"],
            purposes=options.purpose or ["job_matching"],
            contact=options.contact,
        )
        client = registry.create_client(
            actor_id,
            name=options.name,
            redirect_uris=options.redirect_uri,
            event_push_url=push_url,
        )
    except RegistrationError as error:
        raise CommandError(error.code, str(error), exit_code=2) from None
    finally:
        engine.dispose()
    print(f"actor_id      {actor_id}\nclient_id     {client.client_id}\nclient_secret {client.client_secret}")
    return 0
