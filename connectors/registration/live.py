"""Keeps one process's connectors in step with the rows: looks at the generation, and swaps when it has grown."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from connectors.registration.service import Registration
from connectors.schema import AnyConnector, Connector

_log = logging.getLogger(__name__)

_PAUSE = 1.0
_RETRY_SECONDS = 30.0
"""After which what could not be loaded is tried again: its reason may have been this process's, not the version's."""


class Follower(Protocol):
    """The running connectors of one process (`connectors.registry.Registry`)."""

    @property
    def connectors(self) -> Sequence[Connector]:
        """What runs now."""
        ...

    def swap(self, connectors: Iterable[Connector]) -> None:
        """Run these instead."""
        ...


class LiveFeeds:
    """The live connectors, for their feeds, entry bars and names, read again only after a change. Calling it blocks."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration
        self._generation = -1
        self._feeding: list[AnyConnector] = []

    def __call__(self) -> list[AnyConnector]:
        """Return them, by name."""
        generation = self._registration.generation()
        if generation != self._generation:
            self._feeding, self._generation = self._registration.feeding(), generation
        return self._feeding


class LiveConnectors:
    """Follows the registration. `on_swap` recomposes the supergraph and returns; it is called in a thread, since that
    takes about a second, in which requests are served on what was live before.
    """

    def __init__(
        self,
        registration: Registration,
        registry: Follower,
        on_swap: Callable[[], None],
        on_loaded: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_loaded` tells others that this process has come further."""
        self._registration = registration
        self._registry = registry
        self._on_swap = on_swap
        self._on_loaded = on_loaded
        self._retry_at = 0.0
        self.generation = 0
        """The generation that this process has looked at."""
        self.loaded = 0
        """The generation that this process answers with; less than `generation` where that could not be loaded."""

    async def refresh(self) -> bool:
        """Load what is live if it has changed; return whether it had."""
        now = time.monotonic()
        is_known = await asyncio.to_thread(self._registration.generation) == self.generation
        if is_known and (self.loaded == self.generation or now < self._retry_at):
            return False
        self._retry_at = now + _RETRY_SECONDS
        generation, connectors = await asyncio.to_thread(self._registration.live)
        texts = {connector.name: connector.digest for connector in connectors}
        loaded = {connector.name: connector.digest for connector in self._registry.connectors}
        self.generation = generation
        if texts == loaded:
            self._has_loaded(generation)
            return False
        before = self._registry.connectors
        self._registry.swap(connectors)
        try:
            await asyncio.to_thread(self._on_swap)
        except Exception:
            self._registry.swap(before)
            raise
        self._has_loaded(generation)
        return True

    def _has_loaded(self, generation: int) -> None:
        self.loaded = generation
        self._on_loaded()

    async def watch(self) -> None:
        """Refresh every second until cancelled; after an error what was live stays so for a while."""
        while True:
            await self.catch_up()
            await asyncio.sleep(_PAUSE)

    async def catch_up(self) -> None:
        """Refresh; what goes wrong is logged."""
        try:
            await self.refresh()
        except Exception:
            _log.exception("connectors:live:not-loaded", extra={"generation": self.generation})
