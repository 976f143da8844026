"""The command line, `gigway`: one module per group of commands, each adding its parsers to the tree.

Exit codes: 0 done, 1 the thing asked for failed, 2 the command or a setting is wrong.
Errors are one or more lines on standard error that begin with a stable code.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from gateway.cli import actors, audit, connectors, demo, explain, keys, receipts, sandbox, schema, serve, taxonomy
from gateway.cli.failure import CommandError, exit_code

_DESCRIPTION = "Gigway: a GraphQL federation gateway with a consent layer for gig work."


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(prog="gigway", description=_DESCRIPTION)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for group in (serve, demo, sandbox, schema, explain, connectors, actors, audit, receipts, taxonomy, keys):
        group.add_parsers(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = build_parser().parse_args(arguments)
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
