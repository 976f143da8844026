"""Keeps one process's skill graph in step with the live taxonomy and with what providers publish.

`refresh` looks at two tokens and builds anew what has changed: another taxonomy, or another market beside the same one.
The finished graph takes the old one's place in one assignment; a request keeps the graph that it began with.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine

from graph.market.market import read_market
from graph.market.source import MarketSource
from graph.market.words import MarketWords
from graph.model import Market
from graph.taxonomy.graph import SkillGraph
from graph.taxonomy.importing import graph_of_version
from graph.taxonomy.store import live_version

_log = logging.getLogger(__name__)

PAUSE_SECONDS = 2.0


class GraphHolder(Protocol):
    """What serves a graph: the schema."""

    graph: SkillGraph


class LiveSkillGraph:
    """`holder` is what serves the graph; `market` is None where nothing is published."""

    def __init__(
        self, engine: Engine, holder: GraphHolder, market: MarketSource | None, *, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._holder = holder
        self._market = market
        self._clock = clock
        self._version: str | None = None
        self._revision: str | None = None
        self._built: SkillGraph | None = None
        self._words: MarketWords | None = None
        self._follows = False

    def refresh(self) -> bool:
        """Serve what is live now; tell whether anything has changed. Blocks."""
        version = live_version(self._engine)
        revision = None if self._market is None else self._market.revision()
        if self._built is not None and (version, revision) == (self._version, self._revision):
            return False
        built, words = self._built, self._words
        if built is None or words is None or version != self._version:
            built = graph_of_version(self._engine, version)
            words = MarketWords(built)
        self._holder.graph = built.with_market(self._read(built, words))
        self._built, self._words, self._version, self._revision = built, words, version, revision
        return True

    async def watch(self) -> None:
        """Refresh until cancelled; after an error what was served stays."""
        while True:
            try:
                if await asyncio.to_thread(self.refresh):
                    graph = self._holder.graph
                    counts = {"training": len(graph.training), "opportunities": len(graph.opportunities)}
                    _log.info("graph:live:swap", extra=counts)
            except Exception:
                _log.exception("graph:live:not-loaded")
            await asyncio.sleep(PAUSE_SECONDS)

    def _read(self, graph: SkillGraph, words: MarketWords) -> Market:
        """Return what providers publish; what is built in while nobody does, or until all were tried once."""
        published = None if self._market is None else self._market.read()
        if published is None:
            return graph.market
        reading = read_market(published, words, self._clock())
        for (platform, code), count in sorted(reading.refused.items()):
            _log.warning("graph:live:refused", extra={"platform": platform, "code": code, "records": count})
        self._follows = bool(published.feeds) and (published.settled or self._follows)
        if self._follows:
            return reading.market
        return replace(graph.market, entries=reading.market.entries, names=reading.market.names)
