"""The built-in connectors: one SDL file per platform, no Python."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from connectors.schema import Connector, load


@cache
def built_in() -> tuple[Connector, ...]:
    """Return every connector of the catalogue, by name. Raises `ConnectorError` when a file is wrong."""
    texts = {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".graphql")
    }
    return tuple(load(texts[name]) for name in sorted(texts))
