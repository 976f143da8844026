"""A connector to begin with: whole, free of problems, and marked where the platform's own goes."""

from __future__ import annotations

import re
from importlib.resources import files

from connectors.schema.rules import NAME, prefix_of

_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


class ScaffoldError(ValueError):
    """No connector can be begun with this name or host; the message says what is wrong with it."""


def scaffold(name: str, display_name: str, *, host: str | None = None, remote: bool = False) -> str:
    """Return a connector's SDL for the platform `name`, at `host`. Raises `ScaffoldError`."""
    if not NAME.fullmatch(name):
        raise ScaffoldError(f"{name!r}: a platform's name is lower-case letters and digits, words joined by _")
    host = host or f"{name.replace('_', '-')}.example"
    if not _HOST.fullmatch(host):
        raise ScaffoldError(f"{host!r} is no host name")
    kind = "remote" if remote else "rest"
    text = files("connectors.registration").joinpath("scaffolds", f"{kind}.graphql").read_text(encoding="utf-8")
    if not display_name.isprintable() or any(mark in display_name for mark in '"\\'):
        raise ScaffoldError("a display name is printable text without quotation marks")
    for mark, value in (("Tides", prefix_of(name)), ("TIDES", display_name), ("tides.example", host), ("tides", name)):
        text = text.replace(mark, value)
    return text
