"""`gigway connectors feeds`: how the feeds of training and opportunities stand, and what of them was left out.

Records are left out twice: by their shape when they are read, by their meaning when the skill graph takes them in.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from connectors.feeds import FeedStore
from connectors.feeds.source import FeedSource
from consent.columns import utc_now
from gateway.cli.registration import open_database, registration_in

if TYPE_CHECKING:
    from graph.market.market import MarketReading
    from graph.taxonomy.graph import SkillGraph


def add_feeds_parser(group: Any) -> None:
    """Add the command to `connectors`."""
    feeds = group.add_parser("feeds", help="how the feeds of training and opportunities stand, and what was refused")
    feeds.set_defaults(run=_feeds)


def _feeds(_: argparse.Namespace) -> int:
    with open_database() as engine:
        store = FeedStore(engine, clock=utc_now)
        states = store.states()
        for feed in states:
            read = "never read" if feed.read_at is None else f"read {feed.read_at:%Y-%m-%d %H:%M} UTC"
            more = "" if feed.complete else ", there is more than is read"
            print(f"{feed.platform}/{feed.feed}: {feed.accepted} {feed.gives.lower()}, {read}{more}")
            for reason in feed.refused:
                print(f"  refused {reason['count']}, as {reason['example']}: {reason['message']} [{reason['code']}]")
            if feed.error is not None:
                print(f"  failed {feed.failures} times, next try {feed.next_at:%H:%M} UTC: {feed.error}")
        for line in _not_understood(engine, store) if states else ():
            print(line)
    return 0


def _not_understood(engine: Engine, store: FeedStore) -> list[str]:
    """Return how many records the skill graph leaves out and why, a line per platform and reason."""
    # Only this needs the taxonomy, which takes a second.
    from graph.market.market import REASONS
    from graph.taxonomy.importing import live_graph

    refused = _reading(engine, store, live_graph(engine)).refused
    return [
        f"{platform}: {count} left out, since {REASONS[code]} [{code}]"
        for (platform, code), count in sorted(refused.items())
    ]


def with_published_market(engine: Engine, graph: SkillGraph) -> SkillGraph:
    """Return a graph with what the last good copies of all feeds say, as the server has it; as it is without any."""
    reading = _reading(engine, FeedStore(engine, clock=utc_now), graph)
    return graph.with_market(reading.market) if reading.market.opportunities or reading.market.training else graph


def _reading(engine: Engine, store: FeedStore, graph: SkillGraph) -> MarketReading:
    from graph.market.market import read_market
    from graph.market.words import MarketWords

    source = FeedSource(store, registration_in(engine).feeding, is_read=lambda _: True, simulated=False)
    return read_market(source.read(), MarketWords(graph), utc_now())
