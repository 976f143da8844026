"""`gigway keys list`, `new`, `retire` and `compromised`: the versions of the keys that sign, and of the one for ids."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from consent.columns import utc_now
from gateway.cli.failure import CommandError
from gateway.cli.master_keys import check_processes
from gateway.config import load_settings
from gateway.storage.database import create_database_engine
from gateway.storage.key_versions import REPLACEABLE, KeyChangeError, mark_compromised, new_version, retire
from gateway.storage.key_watch import key_versions
from gateway.storage.keyring import Keyring
from gateway.storage.lasting_keys import SIGNING, LastingVersion, open_lasting_keys
from gateway.storage.migrate import migrate
from gateway.storage.vault import Vault


def add_parsers(keys: Any) -> None:
    """Add to the commands under `keys`."""
    listed = keys.add_parser("list", help="the versions of the keys that sign and of the one for ids")
    listed.set_defaults(run=_list)
    new = keys.add_parser("new", help="publish a new version of a key, to be used later")
    _name(new)
    new.add_argument("--after", type=float, default=24.0, metavar="HOURS", help="when it is used (default: 24)")
    new.set_defaults(run=_new)
    old = keys.add_parser("retire", help="destroy the private half of a version that was replaced")
    _name(old, version=True)
    old.set_defaults(run=_retire)
    leaked = keys.add_parser("compromised", help="say that somebody else may have a version; another takes over now")
    _name(leaked, version=True)
    leaked.set_defaults(run=_compromised)


def _name(parser: argparse.ArgumentParser, *, version: bool = False) -> None:
    parser.add_argument("name", choices=sorted(REPLACEABLE), metavar="NAME", help=", ".join(sorted(REPLACEABLE)))
    if version:
        parser.add_argument("version", type=int, metavar="VERSION", help="its number, as `gigway keys list` prints it")


def _list(_: argparse.Namespace) -> int:
    with _opened() as (engine, keyring):
        lasting = open_lasting_keys(engine, Vault(keyring))
    now = utc_now()
    print(f"{'NAME':<9} {'VERSION':>7}  {'STATE':<11} {'USED FROM':<20}  KID")
    for name in sorted(REPLACEABLE):
        kids = {each.version: each.kid for each in key_versions(lasting, name)} if name in SIGNING else {}
        versions = lasting.versions[name]
        used = [number for number, each in versions.items() if each.used_from <= now and not each.compromised_at]
        for number, each in sorted(versions.items()):
            state = _state(each, now, is_newest=number == max(used, default=0))
            print(f"{name:<9} {number:>7}  {state:<11} {_time(each.used_from):<20}  {kids.get(number, '-')}")
    return 0


def _state(version: LastingVersion, now: datetime, *, is_newest: bool) -> str:
    if version.compromised_at is not None:
        return "compromised"
    if version.retired_at is not None:
        return "retired"
    if version.used_from > now:
        return "published"
    return "in use" if is_newest else "replaced"


def _new(options: argparse.Namespace) -> int:
    after = timedelta(hours=options.after)
    with _opened() as (engine, keyring):
        check_processes(engine, keyring, lambda each, wanted: wanted in each)
        version = new_version(engine, Vault(keyring), options.name, now=utc_now(), after=after)
        used_from = open_lasting_keys(engine, Vault(keyring)).versions[options.name][version].used_from
    if options.name in SIGNING:
        print(f"version {version} of {options.name} is published now and signs from {_time(used_from)}")
    else:
        print(
            f"version {version} of {options.name} is for actors that are registered from {_time(used_from)}; "
            "the ids that others know stay as they are"
        )
    return 0


def _retire(options: argparse.Namespace) -> int:
    with _opened() as (engine, _):
        retire(engine, options.name, options.version, now=utc_now())
    print(f"version {options.version} of {options.name} can sign no more; what it has signed stays verifiable")
    return 0


def _compromised(options: argparse.Namespace) -> int:
    with _opened() as (engine, keyring):
        check_processes(engine, keyring, lambda each, wanted: wanted in each)
        made = mark_compromised(engine, Vault(keyring), options.name, options.version, now=utc_now())
    print(f"version {options.version} of {options.name} counts no more, from a few seconds from now")
    if made is not None:
        print(f"version {made} takes over")
    if options.name not in SIGNING:
        print("the ids that actors know stay as they are; see the operator's guide for what that means")
    return 0


@contextmanager
def _opened() -> Iterator[tuple[Engine, Keyring]]:
    settings = load_settings(os.environ)
    engine = create_database_engine(settings.database_url)
    try:
        migrate(engine)
        open_lasting_keys(engine, Vault(settings.keyring))
        yield engine, settings.keyring
    except KeyChangeError as error:
        raise CommandError(error.code, str(error)) from None
    finally:
        engine.dispose()


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
