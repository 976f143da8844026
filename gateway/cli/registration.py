"""`gigway connectors publish|approve|reject|rollback|suspend|resume|versions`: how a connector goes live.

A running gateway follows within moments, in every process; nothing is restarted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from connectors.catalogue import built_in
from connectors.conformance import Report, SandboxAccount, run_conformance
from connectors.environment import Environment
from connectors.observation import Loading, Observer
from connectors.registration import Refusal, Registration
from connectors.registration.loading import Loadings
from connectors.sandbox.providers import built_in_providers
from connectors.schema import AnyConnector, Connector, ConnectorError, load_any
from consent.columns import utc_now
from consent.leases.processes import ProcessRoll
from consent.stops.open_leases import Scope
from consent.stops.platform_gates import PlatformGates
from gateway.cli.failure import CommandError
from gateway.cli.stopping import stops_of
from gateway.config import SettingsError, load_settings
from gateway.registry import composition_messages
from gateway.storage.database import create_database_engine
from gateway.storage.migrate import migrate
from gateway.storage.vocabulary import seed

BY = "command line"
TOKEN_VARIABLE = "SANDBOX_TOKEN"
REFRESH_VARIABLE = "SANDBOX_REFRESH_TOKEN"


def add_registration_parsers(group: Any) -> None:
    """Add the commands to `connectors`."""
    publish = group.add_parser("publish", help="submit a version: checks, breaking changes, conformance run")
    publish.add_argument("file", type=Path, metavar="FILE", help="the connector's SDL file")
    publish.add_argument("--sandbox-url", help="the sandbox to test against (default: GIGWAY_SANDBOX_URL)")
    add_own_sandbox(publish)
    publish.set_defaults(run=_publish)
    for name, text in (("approve", "make a tested version live"), ("reject", "turn a version down")):
        deciding = group.add_parser(name, help=text)
        deciding.add_argument("version", type=int, metavar="VERSION", help="its number, as `publish` printed it")
        deciding.set_defaults(run=_approve if name == "approve" else _reject)
        if name == "approve":
            _add_wait(deciding)
    back = group.add_parser("rollback", help="make an earlier version live again")
    back.add_argument("platform")
    back.add_argument("version", type=int)
    _add_wait(back)
    back.set_defaults(run=_roll_back)
    suspending = group.add_parser("suspend", help="let nobody read a platform, at once")
    suspending.add_argument("platform")
    suspending.add_argument("--reason", required=True, help="why, for the history")
    suspending.set_defaults(run=_suspend)
    resuming = group.add_parser("resume", help="let a suspended platform be read again")
    resuming.add_argument("platform")
    resuming.set_defaults(run=_resume)
    versions = group.add_parser("versions", help="a platform's versions, newest first")
    versions.add_argument("platform")
    versions.set_defaults(run=_versions)


def _add_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--wait",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="how long to wait until every process has loaded the version (default: 60)",
    )


def add_own_sandbox(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a platform's own sandbox."""
    parser.add_argument(
        "--at",
        metavar="URL",
        help=f"the platform's own sandbox, instead of every host in the file; its account's token is read from "
        f"{TOKEN_VARIABLE}, a refresh token from {REFRESH_VARIABLE}",
    )


@contextlib.contextmanager
def open_database() -> Iterator[Engine]:
    """Give the configured database, migrated and seeded."""
    engine = create_database_engine(load_settings(os.environ).database_url)
    try:
        migrate(engine)
        seed(engine)
        yield engine
    finally:
        engine.dispose()


@contextlib.contextmanager
def _registration() -> Iterator[Registration]:
    with open_database() as engine:
        yield registration_in(engine)


def registration_in(engine: Engine) -> Registration:
    """Return the registration over a database."""
    return Registration(engine, PlatformGates(), composition_messages, uses=_observer(engine), clock=utc_now)


def _observer(engine: Engine) -> Observer:
    return Observer(engine, ProcessRoll(engine), clock=utc_now)


def _loadings(engine: Engine) -> Loadings:
    return Loadings(registration_in(engine), _observer(engine))


def read_file(file: Path) -> bytes:
    """Return what is in a file. Raises `CommandError`."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError("FILE_UNREADABLE", f"{file}: {error.strerror}", exit_code=2) from None


def live_connectors() -> tuple[Sequence[Connector], str]:
    """Return what a connector is composed with, and what that is called: what is live in the configured database, or
    the built-in catalogue where there is no database yet.
    """
    missing = _no_database()
    if missing is not None:
        return built_in(), f"the built-in catalogue ({missing})"
    with _registration() as registration:
        _, live = registration.live()
    return (live, f"the {len(live)} live connectors") if live else (built_in(), "the built-in catalogue")


def changes_of(sdl: str) -> Iterator[str]:
    """Yield what a text without problems would break or change of what is live in the configured database, if any."""
    if _no_database() is not None:
        return
    with _registration() as registration:
        checked = registration.compare(sdl)
    yield from (f"breaking: {each}" for each in checked.breaking)
    yield from (f"dangerous: {each}" for each in checked.dangerous)


def _no_database() -> str | None:
    """Return why there is no database to look into, or None."""
    try:
        url = make_url(load_settings(os.environ).database_url)
    except SettingsError:
        return "no Gigway is configured here"
    is_there = url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()
    return None if is_there else "there is no database yet"


async def run_against(sandbox_url: str, connector: AnyConnector) -> Report:
    """Run the conformance checks of `connector` against a sandbox. Raises `CommandError` when none is there."""
    try:
        return await run_conformance(connector, Environment(sandbox_url=sandbox_url))
    except aiohttp.ClientResponseError:
        raise CommandError("SANDBOX_LACKS_PLATFORM", f"{sandbox_url} does not simulate {connector.name}") from None
    except aiohttp.ClientError:
        raise CommandError("SANDBOX_UNREACHABLE", f"no sandbox answers at {sandbox_url}") from None


async def run_at(url: str, connector: AnyConnector) -> Report:
    """Run the conformance checks at the platform's own sandbox. Raises `CommandError` without an account there."""
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        raise CommandError(
            "TOKEN_MISSING", f"put the sandbox account's access token into {TOKEN_VARIABLE}", exit_code=2
        )
    account = SandboxAccount(access_token=token, refresh_token=os.environ.get(REFRESH_VARIABLE) or None)
    is_local = url.startswith("http://")
    environment = Environment(
        sandbox_url=url if is_local else None,
        sandboxes={connector.name: url},
        registrations={} if is_local else load_settings(os.environ).registrations,
    )
    return await run_conformance(connector, environment, account=account)


def _publish(options: argparse.Namespace) -> int:
    sandbox_url = options.sandbox_url or load_settings(os.environ).sandbox_url
    sdl = read_file(options.file).decode(errors="replace")
    if options.at is None and options.sandbox_url is None and sandbox_url:
        _check_that_it_is_simulated(sdl)
    with _registration() as registration:
        taken = registration.submit(sdl, by=BY)
        if isinstance(taken, Refusal):
            for problem in taken.problems:
                print(f"{options.file}:{problem}")
            raise CommandError(taken.code, taken.message)
        for change in (*taken.breaking, *taken.dangerous):
            print(f"note: {change}")
        print(f"{taken.platform}: version {taken.version_id} submitted")
        connector = registration.connector(taken.version_id)
        assert connector is not None
        if options.at is None and not sandbox_url:
            print("not tested yet: name a sandbox with --at or --sandbox-url, raise the version and publish again")
            return 0
        at, url = options.at, sandbox_url
        report = asyncio.run(run_at(at, connector) if at is not None else run_against(url, connector))
        print("\n".join(report.lines()))
        _done(registration.record_test(taken.version_id, ok=report.ok, report=report.lines(), by=BY))
    if not report.ok:
        raise CommandError("CONFORMANCE_FAILED", "the version cannot be approved before its test is all ok")
    print(f"an operator makes it live with: gigway connectors approve {taken.version_id}")
    return 0


def _check_that_it_is_simulated(sdl: str) -> None:
    """Refuse, before a version is used up, a platform that Gigway's sandbox cannot stand in for."""
    try:
        name = load_any(sdl).name
    except ConnectorError:
        return
    if name not in {each.name for each in (*built_in(), *built_in_providers())}:
        raise CommandError(
            "SANDBOX_NEEDED",
            f"Gigway's sandbox does not simulate {name}: name your own with --at URL, and put the access token of an "
            f"account in it into {TOKEN_VARIABLE}",
            exit_code=2,
        )


def _approve(options: argparse.Namespace) -> int:
    with open_database() as engine:
        _done(registration_in(engine).approve(options.version, by=BY))
        return _wait_until_live(_loadings(engine), options)


def _wait_until_live(loadings: Loadings, options: argparse.Namespace) -> int:
    """Tell how far the version comes. Raises `CommandError` where it is not live in time."""

    def tell(loading: Loading) -> None:
        if not loading.is_complete:
            print(f"approved; loaded by {loading.loaded} of {loading.processes} processes", flush=True)

    loading = asyncio.run(loadings.wait(options.version, seconds=options.wait, tell=tell))
    if loading is None:
        raise CommandError("NOT_LIVE", "another version was made live meanwhile")
    if not loading.is_complete:
        raise CommandError(
            "NOT_LOADED_EVERYWHERE",
            f"approved, but after {options.wait:g} s not loaded by {', '.join(loading.missing)}: "
            f"look there for `connectors:live:not-loaded` in the log; each process tries again by itself",
        )
    print(f"live in all {loading.processes} processes" if loading.processes else "live; no process serves now")
    return 0


def _reject(options: argparse.Namespace) -> int:
    with _registration() as registration:
        _done(registration.reject(options.version, by=BY, note="rejected on the command line"))
    print("rejected")
    return 0


def _roll_back(options: argparse.Namespace) -> int:
    with open_database() as engine:
        _done(registration_in(engine).roll_back(options.platform, options.version, by=BY))
        return _wait_until_live(_loadings(engine), options)


def _suspend(options: argparse.Namespace) -> int:
    """Close the platform's gate, then wait until nothing reads the platform any more."""
    with open_database() as engine, stops_of(engine, load_settings(os.environ)) as stops:
        _done(registration_in(engine).suspend(options.platform, by=BY, reason=options.reason))
        stopped = asyncio.run(stops.drain(Scope("platform", options.platform)))
    if stopped.status == "confirmed":
        print("confirmed: nothing reads this platform any more")
    else:
        print(f"stopping: nothing new is read; {stopped.open_leases} reads are neither done nor proven dead")
        print("the same command tells again how it stands")
    return 0


def _resume(options: argparse.Namespace) -> int:
    with _registration() as registration:
        _done(registration.resume(options.platform, by=BY))
    print("resumed")
    return 0


def _versions(options: argparse.Namespace) -> int:
    with open_database() as engine:
        loadings = _loadings(engine)
        for version in registration_in(engine).versions(options.platform):
            placed = loadings.placed(version)
            status, loading, more = placed.version.status, placed.loading, ""
            if status == "APPROVED" and loading is not None:
                more = f", loaded by {loading.loaded} of {loading.processes} processes"
            print(f"{version.id:>5}  {version.version:<10} {status}{more}")
    return 0


def _done(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise CommandError(refusal.code, refusal.message)
