"""`gigway actors`: register matching actors and their clients, and change clients that are there.

`overseeing` has what operators decide.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Engine

from consent.oauth.actors import ActorRegistry, RegistrationError
from consent.oauth.client_settings import ClientRecord, ClientSettings
from consent.oauth.cost_limits import CostLimits, cost_limits_of, limit_cost
from consent.vocabulary import CATEGORIES, PURPOSES, SELF_PURPOSE
from gateway.cli.failure import CommandError
from gateway.cli.overseeing import add_overseeing_parsers
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
    create.add_argument("--address", help="its postal address")
    create.add_argument("--jurisdiction", help="the country whose law it is under, as two letters")
    create.add_argument("--privacy-notice", help="https address of its privacy notice")
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
    create.add_argument("--test", action="store_true", help="a test actor: only test workers can grant it anything")
    create.set_defaults(run=_create)
    limits = actors.add_parser("limits", help="print or set what an actor's queries may cost")
    limits.add_argument("actor_id")
    limits.add_argument("--max-cost", type=_limit, help="of one query; `default` for what the settings say")
    limits.add_argument(
        "--cost-per-minute", type=_limit, help="of a minute's queries, 0 for no limit; `default` for the settings'"
    )
    limits.set_defaults(run=_limits)
    show = actors.add_parser("show-client", help="print a client's registration; it has no secrets")
    show.add_argument("client_id")
    show.set_defaults(run=_show)
    change = actors.add_parser("change-client", help="change what is given, at once; prints the registration")
    change.add_argument("client_id")
    change.add_argument("--name", help="its name, as workers will read it")
    change.add_argument(
        "--redirect-uri", action="append", help="exact address to return to; repeatable, replaces all there were"
    )
    change.add_argument("--event-push-url", help="where to send signed notices; empty for nowhere")
    change.add_argument("--jwks", type=Path, help="file with its new public keys (a JSON Web Key Set)")
    change.set_defaults(run=_change)
    rotate = actors.add_parser("rotate-secret", help="print a new secret; the old one stops working at once")
    rotate.add_argument("client_id")
    rotate.set_defaults(run=_rotate)
    add_overseeing_parsers(actors)


def _create(options: argparse.Namespace) -> int:
    push_url: str | None = options.event_push_url
    _check_push_url(push_url)

    def create(engine: Engine) -> str:
        registry = ActorRegistry(engine)
        actor_id = registry.create_actor(
            legal_name=options.legal_name or options.name,
            trading_name=options.name,
            categories=options.category or ["engagements", "ratings", "skills"],
            purposes=options.purpose or ["job_matching"],
            contact=options.contact,
            address=options.address,
            jurisdiction=options.jurisdiction,
            privacy_notice=options.privacy_notice,
            is_test=options.test,
        )
        client = registry.create_client(
            actor_id,
            name=options.name,
            redirect_uris=options.redirect_uri,
            event_push_url=push_url,
        )
        return f"actor_id      {actor_id}\nclient_id     {client.client_id}\nclient_secret {client.client_secret}"

    return _print(create)


def _limits(options: argparse.Namespace) -> int:
    settings = load_settings(os.environ)

    def limit(engine: Engine) -> str:
        limits = cost_limits_of(engine, options.actor_id)
        if options.max_cost is not None or options.cost_per_minute is not None:
            limits = CostLimits(
                max_cost=_chosen(options.max_cost, limits.max_cost),
                per_minute=_chosen(options.cost_per_minute, limits.per_minute),
            )
            limit_cost(engine, options.actor_id, limits)
        lines = (
            ("max_cost", limits.max_cost, settings.max_cost),
            ("cost_per_minute", limits.per_minute, settings.cost_per_minute),
        )
        return "\n".join(f"{name:<15} {f'{default} (default)' if own is None else own}" for name, own, default in lines)

    return _print(limit)


def _limit(text: str) -> int | Literal["default"]:
    return "default" if text == "default" else int(text)


def _chosen(given: int | Literal["default"] | None, old: int | None) -> int | None:
    return old if given is None else None if given == "default" else given


def _show(options: argparse.Namespace) -> int:
    def show(engine: Engine) -> str:
        found = ClientSettings(engine).find(options.client_id)
        if found is None:
            raise RegistrationError("CLIENT_UNKNOWN", "There is no such client.")
        return _describe(found)

    return _print(show)


def _change(options: argparse.Namespace) -> int:
    _check_push_url(options.event_push_url)
    keys = None if options.jwks is None else _read_keys(options.jwks)
    return _print(
        lambda engine: _describe(
            ClientSettings(engine).change(
                options.client_id,
                by="operator",
                name=options.name,
                redirect_uris=options.redirect_uri,
                event_push_url=options.event_push_url,
                jwks=keys,
            )
        )
    )


def _rotate(options: argparse.Namespace) -> int:
    return _print(
        lambda engine: f"client_secret {ActorRegistry(engine).rotate_secret(options.client_id).client_secret}"
    )


def _print(work: Callable[[Engine], str]) -> int:
    """Do `work` on the configured database and print what it returns."""
    engine = create_database_engine(load_settings(os.environ).database_url)
    try:
        migrate(engine)
        seed(engine)
        print(work(engine))
    except RegistrationError as error:
        raise CommandError(error.code, str(error), exit_code=2) from None
    finally:
        engine.dispose()
    return 0


def _describe(client: ClientRecord) -> str:
    lines = [
        ("client_id", client.client_id),
        ("actor_id", client.actor_id or "none"),
        ("name", client.name),
        ("status", client.status),
        ("profile", client.profile),
        ("authentication", client.auth_method),
        *(("redirect_uri", uri) for uri in client.redirect_uris),
        ("event_push_url", client.event_push_url or "none"),
        ("categories", " ".join(client.categories)),
        ("purposes", " ".join(client.purposes)),
        *(("key", key) for key in client.key_ids),
    ]
    return "\n".join(f"{name:<14} {value}" for name, value in lines)


def _check_push_url(url: str | None) -> None:
    if url and not url.startswith("https:") and not load_settings(os.environ).is_loopback:
        raise CommandError("PUSH_URL_INVALID", "An address for notices is https.", exit_code=2)


def _read_keys(file: Path) -> dict[str, Any]:
    try:
        keys = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError("KEYS_INVALID", f"{file} cannot be read as JSON ({error})", exit_code=2) from None
    if not isinstance(keys, dict):
        raise CommandError("KEYS_INVALID", f"{file} is not a JSON Web Key Set", exit_code=2)
    return keys
