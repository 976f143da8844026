"""`gigway connectors feeds`: how the feeds of training and opportunities stand, and what of them was left out.

Records are left out twice: by their shape when they are read, by their meaning when the skill graph takes them in.
"""

from __future__ import annotations

import argparse
from typing import Any

from sqlalchemy import Engine

from connectors.feeds import FeedStore
from connectors.feeds.source import FeedSource
from consent.columns import utc_now
from gateway.cli.registration import open_database, registration_in


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
    # Only this command needs the taxonomy, which takes a second.
    from graph.market.market import REASONS, read_market
    from graph.market.words import MarketWords
    from graph.taxonomy.importing import graph_of_version
    from graph.taxonomy.store import live_version

    source = FeedSource(store, registration_in(engine).feeding, is_read=lambda _: True, simulated=False)
    words = MarketWords(graph_of_version(engine, live_version(engine)))
    refused = read_market(source.read(), words, utc_now()).refused
    return [
        f"{platform}: {count} left out, since {REASONS[code]} [{code}]"
        for (platform, code), count in sorted(refused.items())
    ]
