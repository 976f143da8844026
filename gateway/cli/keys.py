"""`gigway keys`: make master keys."""

from __future__ import annotations

import argparse
from typing import Any

from gateway.storage.keyring import generate_key


def add_parsers(commands: Any) -> None:
    """Add `keys`."""
    keys = commands.add_parser("keys", help="master keys").add_subparsers(dest="keys", metavar="WHAT", required=True)
    generate = keys.add_parser("generate", help="print a fresh master key for GIGWAY_MASTER_KEYS")
    generate.add_argument("--name", default="k1", help="lower-case letters and digits (default: k1)")
    generate.set_defaults(run=_generate)


def _generate(options: argparse.Namespace) -> int:
    print(generate_key(options.name))
    return 0
