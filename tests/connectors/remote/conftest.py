"""Acme with its subgraph in each language, and connectors wired to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.schema import load
from tests.connectors.conftest import World, open_world
from tests.connectors.remote.acme_platform import SDL, Acme, run_acme


@pytest.fixture(scope="module", params=["strawberry", "apollo", "yoga"])
def running(request: pytest.FixtureRequest) -> Iterator[Acme]:
    with run_acme(request.param) as acme:
        yield acme


@pytest.fixture
def acme(running: Acme) -> Acme:
    """Acme in good order."""
    running.reset()
    return running


@pytest.fixture
def in_acme_world(sandbox_url: str, acme: Acme, tmp_path: Path) -> Callable[..., Any]:
    """Return a function that runs an async test in a world whose one platform is Acme."""

    def run(test: Callable[[World], Any]) -> Any:
        async def main() -> Any:
            async with open_world(sandbox_url, tmp_path, [load(SDL)], sandboxes={"acme": acme.url}) as world:
                return await test(world)

        return asyncio.run(main())

    return run
