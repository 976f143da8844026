"""Files that are named on the command line."""

from __future__ import annotations

import sys
from pathlib import Path

from gateway.cli.failure import CommandError


def read_text(file: Path) -> str:
    """Return a file's text, or standard input for `-`. Raises `CommandError`."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError("FILE_UNREADABLE", f"{file}: {error.strerror}", exit_code=2) from None
    except UnicodeDecodeError:
        raise CommandError("FILE_UNREADABLE", f"{file} is not UTF-8 text", exit_code=2) from None
