"""Feeds: what providers publish to everybody, read in the background and kept as the last good copy.

    keeper ─claims what is due─► reader ─► records ─► store ─► source ─► whoever asks (the skill graph)

In reading order:
    records   what a mapped record must be; one that is not is refused, with a code, and costs itself only
    reader    one feed once: pages, conditional requests, records
    models    the tables: the last good copy of each feed, and the openings that were ever seen
    store     claiming, saving, loading
    keeper    the background loop of one process
    source    all live copies, and a token that changes when they do

No worker's data is in a feed, and no worker's credential is sent for one (`reader.PublicRead`). Several processes
share the work by claims in the database; a claim that is not answered for lapses, and reading twice does no harm.
"""

from connectors.feeds.keeper import FeedKeeper
from connectors.feeds.reader import FeedReader
from connectors.feeds.source import FeedSource
from connectors.feeds.store import FeedStore

__all__ = ["FeedKeeper", "FeedReader", "FeedSource", "FeedStore"]
