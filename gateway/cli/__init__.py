"""The command line, `gigway`: one module per group of commands, each adding its parsers to the tree.

Exit codes: 0 done, 1 the thing asked for failed, 2 the command or a setting is wrong.
Errors are one or more lines on standard error that begin with a stable code.

Only the module of the command that was given is imported, so that `gigway --help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

_DESCRIPTION = "Gigway: a GraphQL federation gateway with a consent layer for gig work."

_COMMANDS: Mapping[str, tuple[str, str]] = {
    "serve": ("serve", "run the gateway"),
    "migrate": ("serve", "bring the database's schema up to date"),
    "demo": ("demo", "play the story against simulated platforms, then stay up"),
    "sandbox": ("sandbox", "serve simulated platforms on loopback"),
    "schema": ("schema", "print the public API schema of the built-in catalogue"),
    "compose": ("schema", "compose subgraph SDL files, named after the files"),
    "plan": ("schema", "print the query plan of an operation"),
    "explain": ("explain", "print every stage that an operation goes through"),
    "connectors": ("connectors", "platform connectors"),
    "actors": ("actors", "matching actors"),
    "operators": ("operators", "people who decide at the console"),
    "audit": ("audit", "the access log"),
    "receipts": ("receipts", "consent receipts"),
    "taxonomy": ("taxonomy", "skills and occupations"),
    "matching": ("matching", "rankings of workers: log, replay, fairness"),
    "keys": ("keys", "master keys, and the keys that sign"),
    "restore": ("restore", "after a backup was restored: end what had ended since"),
}
"""Command, the module that has it, and its line in the overview."""


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of `command`, or of the whole command line."""
    parser, commands = _frame()
    modules = [_COMMANDS[command][0]] if command is not None else [module for module, _ in _COMMANDS.values()]
    for module in dict.fromkeys(modules):
        import_module(f"{__name__}.{module}").add_parsers(commands)
    return parser


def overview() -> argparse.ArgumentParser:
    """Return a parser that knows which commands there are, and nothing of them."""
    parser, commands = _frame()
    for name, (_, line) in _COMMANDS.items():
        commands.add_parser(name, help=line)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    # Linear algebra in one thread, before NumPy is loaded: several would spin against one another, and against other
    # processes, for products that take milliseconds (linking by meaning took eight times as long under load).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser_for(given).parse_args(given)
    from gateway.cli.failure import CommandError, exit_code

    try:
        return int(options.run(options) or 0)
    except CommandError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:
        known = exit_code(error)
        if known is None:
            raise
        print(f"{getattr(error, 'code', type(error).__name__)}: {error}", file=sys.stderr)
        return known


def _parser_for(given: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser for what was given; the modules of a command are loaded while giving way to who serves."""
    if not given or given[0] not in _COMMANDS:
        return overview()
    from gateway.cli.giving_way import give_way

    return give_way(lambda: build_parser(given[0]))


def _frame() -> tuple[argparse.ArgumentParser, Any]:
    parser = argparse.ArgumentParser(prog="gigway", description=_DESCRIPTION)
    return parser, parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
