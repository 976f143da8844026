"""`gigway connectors init`: a connector's file from a template, to be checked, tested and published like any other."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from gateway.cli.failure import CommandError


def add_init_parser(group: Any) -> None:
    """Add `init`."""
    starting = group.add_parser("init", help="write a connector's SDL file from a template")
    starting.add_argument("name", metavar="NAME", help="the platform's name, lower-case words joined by _")
    kind = starting.add_mutually_exclusive_group()
    kind.add_argument(
        "--open-platforms",
        metavar="URL",
        help="the platform implements the Open Platforms contract; where its endpoint is",
    )
    kind.add_argument("--remote", action="store_true", help="the platform runs a federation subgraph itself")
    starting.add_argument("--host", metavar="HOST", help="where its interface is (default: a made-up one)")
    starting.add_argument("--display-name", metavar="TEXT", help="the platform's name for people")
    starting.add_argument("--output", type=Path, metavar="FILE", help="where to write the file (default: print it)")
    starting.set_defaults(run=_init)


def _init(options: argparse.Namespace) -> int:
    sdl = _sdl(options)
    if options.output is None:
        sys.stdout.write(sdl)
        return 0
    try:
        with options.output.open("x", encoding="utf-8") as file:
            file.write(sdl)
    except FileExistsError:
        raise CommandError("FILE_EXISTS", f"{options.output} is there already", exit_code=2) from None
    except OSError as error:
        raise CommandError("FILE_UNWRITABLE", f"{options.output}: {error.strerror}", exit_code=2) from None
    print(f"wrote {options.output}; next: gigway connectors check {options.output}")
    return 0


def _sdl(options: argparse.Namespace) -> str:
    from connectors.open_platforms import BadParameterError, connector_sdl
    from connectors.registration.scaffold import ScaffoldError, scaffold

    shown = options.display_name or " ".join(word.capitalize() for word in options.name.split("_"))
    try:
        if options.open_platforms is not None:
            return connector_sdl(options.name, shown, options.open_platforms)
        return scaffold(options.name, shown, host=options.host, remote=options.remote)
    except (BadParameterError, ScaffoldError) as error:
        raise CommandError("PARAMETER_INVALID", str(error), exit_code=2) from None
