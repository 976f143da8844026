"""`gigway receipts`: verify a consent receipt, offline."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from consent.receipts import ReceiptError, verify_receipt
from gateway.cli.failure import CommandError


def add_parsers(commands: Any) -> None:
    """Add `receipts`."""
    receipts = commands.add_parser("receipts", help="consent receipts").add_subparsers(
        dest="receipts", metavar="WHAT", required=True
    )
    verify = receipts.add_parser("verify", help="check a receipt's signature and print what it says")
    verify.add_argument("file", type=Path, metavar="FILE", help="the receipt, as downloaded")
    verify.add_argument(
        "--keys", type=Path, required=True, help="the saved answer of /.well-known/gigway-receipt-keys.json"
    )
    verify.set_defaults(run=_verify)


def _verify(options: argparse.Namespace) -> int:
    try:
        signed = options.file.read_text(encoding="utf-8")
        keys = json.loads(options.keys.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError("FILE_UNREADABLE", str(error), exit_code=2) from None
    try:
        receipt = verify_receipt(signed, keys)
    except ReceiptError as error:
        raise CommandError("RECEIPT_INVALID", str(error)) from None
    print(json.dumps(receipt, indent=2, ensure_ascii=False))
    return 0
