"""`gigway connectors`: check a connector's SDL file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from gateway.cli.failure import CommandError


def add_parsers(commands: Any) -> None:
    """Add `connectors`."""
    group = commands.add_parser("connectors", help="platform connectors").add_subparsers(
        dest="connectors", metavar="WHAT", required=True
    )
    checking = group.add_parser(
        "check", help="check a connector: its SDL, its mappings, and that it composes with the built-in catalogue"
    )
    checking.add_argument("file", type=Path, metavar="FILE", help="the connector's SDL file")
    checking.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    from connectors.schema import check, load
    from gateway.registry import compose_with

    try:
        sdl = options.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError("FILE_UNREADABLE", f"{options.file}: {error}", exit_code=2) from None
    problems = check(sdl)
    for problem in problems:
        print(f"{options.file}:{problem}")
    if problems:
        raise CommandError("CONNECTOR_INVALID", f"{len(problems)} problem{'s' if len(problems) > 1 else ''} found")
    connector = load(sdl)
    errors = compose_with(connector)
    for each in errors:
        print(f"{options.file}: {each}")
    if errors:
        raise CommandError("COMPOSITION_FAILED", "the connector does not compose with the catalogue")
    print(f"{connector.name}: no problems; it composes with the catalogue")
    return 0
