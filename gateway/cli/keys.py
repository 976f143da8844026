"""`gigway keys`: make master keys and bring all that is sealed under a new one; versions of the lasting keys."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from sqlalchemy import Engine, insert

from consent.columns import utc_now
from consent.models import ConsentEvent
from consent.stops.order import share_stops
from gateway.cli import key_versions
from gateway.cli.failure import CommandError
from gateway.cli.master_keys import check_processes
from gateway.config import load_settings
from gateway.storage.database import create_database_engine
from gateway.storage.keyring import Keyring, generate_key
from gateway.storage.migrate import migrate
from gateway.storage.rotation import Rotation, rotate_secrets
from gateway.storage.vault import Vault


def add_parsers(commands: Any) -> None:
    """Add `keys`."""
    keys = commands.add_parser("keys", help="master keys, and the keys that sign").add_subparsers(
        dest="keys", metavar="WHAT", required=True
    )
    generate = keys.add_parser("generate", help="print a fresh master key for GIGWAY_MASTER_KEYS")
    generate.add_argument("--name", default="k1", help="lower-case letters and digits (default: k1)")
    generate.set_defaults(run=_generate)
    rotate = keys.add_parser("rotate", help="bring every sealed secret under the first key of GIGWAY_MASTER_KEYS")
    rotate.set_defaults(run=_rotate)
    key_versions.add_parsers(keys)


def _generate(options: argparse.Namespace) -> int:
    print(generate_key(options.name))
    return 0


def _rotate(options: argparse.Namespace) -> int:
    settings = load_settings(os.environ)
    keyring = settings.keyring
    engine = create_database_engine(settings.database_url)
    try:
        migrate(engine)
        check_processes(engine, keyring, lambda each, wanted: each[0] == wanted)
        rotation = rotate_secrets(engine, Vault(keyring), progress=_show)
        _record(engine, keyring, rotation)
    finally:
        engine.dispose()
    older = [name for name in keyring.keys if name != keyring.current]
    print(f"{rotation.looked_at} secrets, {rotation.rewrapped} of them brought under {keyring.current!r} now")
    if rotation.unopened:
        lost = ", ".join(f"{count} under {name!r}" for name, count in sorted(rotation.unopened.items()))
        raise CommandError(
            "SECRETS_UNOPENED",
            f"{lost} cannot be opened; add the key that sealed them to GIGWAY_MASTER_KEYS and run this again.",
        )
    if older:
        print(
            f"all secrets are under {keyring.current!r}: take {', '.join(map(repr, older))} out of GIGWAY_MASTER_KEYS "
            "and restart; keep it with the backups that were made under it"
        )
    return 0


def _record(engine: Engine, keyring: Keyring, rotation: Rotation) -> None:
    with engine.begin() as connection:
        share_stops(connection)
        connection.execute(
            insert(ConsentEvent).values(
                at=utc_now(),
                type="storage:keys:rotate",
                by_kind="operator",
                payload={"to": keyring.current, "secrets": rotation.looked_at, "rewrapped": rotation.rewrapped},
            )
        )


def _show(table: str, done: int, total: int) -> None:
    print(f"{table}: {done} of {total}", file=sys.stderr)
