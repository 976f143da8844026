"""Simulated providers of training and work: platforms without accounts, and their connectors.

    course_catalogue   courses of several schools: offsets and a total, ETags
    job_board          adverts by cursor, and monthly counts as CSV

Their connectors stand beside them and are live only where the sandbox is: nobody real publishes what they read.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from connectors.sandbox.platform import PlatformBuilder
from connectors.sandbox.providers import course_catalogue, job_board
from connectors.schema import AnyConnector, load_any

__all__ = ["PROVIDER_BUILDERS", "built_in_providers"]

PROVIDER_BUILDERS: tuple[PlatformBuilder, ...] = (course_catalogue.build, job_board.build)
"""All providers, in the order of the control page."""


@cache
def built_in_providers() -> tuple[AnyConnector, ...]:
    """Return the connectors of the simulated providers, by name. Raises `ConnectorError` when a file is wrong."""
    texts = {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".graphql")
    }
    return tuple(load_any(texts[name]) for name in sorted(texts))
