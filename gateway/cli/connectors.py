"""`gigway connectors`: check a connector's SDL file, and test connectors against their platforms' sandboxes."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.schema import AnyConnector, Connector
from gateway.cli.connector_init import add_init_parser
from gateway.cli.failure import CommandError
from gateway.cli.feeds import add_feeds_parser
from gateway.cli.registration import (
    add_own_sandbox,
    add_registration_parsers,
    changes_of,
    live_connectors,
    read_file,
    run_against,
    run_at,
)
from gateway.server.loopback import loopback_socket, serve_on


def add_parsers(commands: Any) -> None:
    """Add `connectors`."""
    group = commands.add_parser("connectors", help="platform connectors").add_subparsers(
        dest="connectors", metavar="WHAT", required=True
    )
    add_init_parser(group)
    checking = group.add_parser(
        "check",
        help="check a connector: its SDL, its mappings, sample responses, and that it composes with what is live",
    )
    checking.add_argument("file", type=Path, metavar="FILE", help="the connector's SDL file")
    checking.add_argument(
        "--sample",
        action="append",
        default=[],
        metavar="CONNECT=FILE",
        help="a response as your platform sends it: shows what the mapping of that @connect makes of it",
    )
    checking.set_defaults(run=_check)
    testing = group.add_parser(
        "test", help="run connectors against the sandbox: shape, paging, errors, expiry, throttling, revocation"
    )
    testing.add_argument("names", nargs="*", metavar="NAME|FILE", help="built-in connectors or SDL files")
    testing.add_argument("--all", action="store_true", help="every connector of the catalogue")
    testing.add_argument("--sandbox-url", help="a running sandbox (default: one is started for the test)")
    add_own_sandbox(testing)
    testing.set_defaults(run=_test)
    add_registration_parsers(group)
    add_feeds_parser(group)


def _check(options: argparse.Namespace) -> int:
    from connectors.schema import check, load_any
    from connectors.schema.sites import hosts_of
    from gateway.registry import compose_with

    sdl = read_file(options.file).decode(errors="replace")
    problems = check(sdl)
    for problem in problems:
        print(f"{options.file}:{problem}")
    if problems:
        raise CommandError("CONNECTOR_INVALID", f"{len(problems)} problem{'s' if len(problems) > 1 else ''} found")
    connector = load_any(sdl)
    others, words = live_connectors()
    errors = compose_with(connector, [each for each in others if each.name != connector.name])
    for each in errors:
        print(f"{options.file}: {each}")
    if errors:
        raise CommandError("COMPOSITION_FAILED", f"the connector does not compose with {words}")
    if options.sample and isinstance(connector, Connector):
        _show_samples(connector, options.sample)
    if isinstance(connector, Connector):
        print(f"{connector.name}: calls {', '.join(hosts_of(connector.definition)) or 'nobody'}")
    for change in changes_of(sdl):
        print(f"{connector.name}: {change}")
    print(f"{connector.name}: no problems; it composes with {words}")
    return 0


def _show_samples(connector: Connector, given: Sequence[str]) -> None:
    from connectors.conformance.samples import Sample, map_samples

    samples = []
    for text in given:
        connect, separator, file = text.partition("=")
        if not separator:
            raise CommandError("SAMPLE_INVALID", f"write --sample CONNECT=FILE, not {text!r}", exit_code=2)
        samples.append(Sample(connect=connect, body=read_file(Path(file))))
    mapped = map_samples(connector, samples)
    for each in mapped:
        print(each)
    if any(each.error is not None for each in mapped):
        raise CommandError("SAMPLE_INVALID", "a sample could not be mapped")


def _test(options: argparse.Namespace) -> int:
    from connectors.catalogue import built_in
    from connectors.sandbox.providers import built_in_providers

    known: dict[str, AnyConnector] = {each.name: each for each in (*built_in(), *built_in_providers())}
    chosen = list(known.values()) if options.all else [_connector(name, known) for name in options.names]
    if not chosen:
        raise CommandError("NOTHING_TO_TEST", f"name connectors ({', '.join(known)}), files, or --all", exit_code=2)
    if options.at is not None:
        if len(chosen) != 1:
            raise CommandError("ONE_AT_A_TIME", "--at is the sandbox of one platform: name one connector", exit_code=2)
        report = asyncio.run(run_at(options.at, chosen[0]))
        print("\n".join(report.lines()))
        return 0 if report.ok else 1
    failed = asyncio.run(_run_tests(chosen, options.sandbox_url))
    print(f"{len(chosen) - failed}/{len(chosen)} connectors ok")
    return 1 if failed else 0


def _connector(name: str, known: Mapping[str, AnyConnector]) -> AnyConnector:
    from connectors.schema import ConnectorError, load_any

    if name in known:
        return known[name]
    try:
        return load_any(Path(name).read_text(encoding="utf-8"))
    except OSError:
        raise CommandError(
            "CONNECTOR_UNKNOWN", f"{name} is neither a file nor one of {', '.join(known)}", exit_code=2
        ) from None
    except ConnectorError as error:
        raise CommandError("CONNECTOR_INVALID", "\n".join(f"{name}:{each}" for each in error.problems)) from None


async def _run_tests(connectors: Sequence[AnyConnector], sandbox_url: str | None) -> int:
    from connectors.sandbox import SandboxSettings, create_sandbox

    failed = 0
    async with contextlib.AsyncExitStack() as stack:
        if sandbox_url is None:
            listener = stack.enter_context(loopback_socket())
            own = f"http://127.0.0.1:{listener.getsockname()[1]}"
            app = create_sandbox(SandboxSettings(public_url=own))
            sandbox_url = await stack.enter_async_context(serve_on(listener, app))
        for connector in connectors:
            report = await run_against(sandbox_url, connector)
            print("\n".join(report.lines()), flush=True)
            failed += not report.ok
    return failed
