"""A copy of a provider's feed, kept as a server that has read it does."""

from connectors.feeds import FeedStore
from connectors.feeds.reader import Copy
from connectors.feeds.records import check_records
from connectors.sandbox.providers import built_in_providers
from consent.columns import utc_now
from gateway.cli.registration import registration_in


def keep_feed(engine, provider, gives, records, *, clock=utc_now):
    """Make a built-in provider live and keep `records` as what its feed gave; returns the feed's id."""
    (source,) = [each for each in built_in_providers() if each.name == provider]
    feed = next(each for each in source.definition.feeds if each.gives == gives)
    registration_in(engine).seed([source])
    store, checked = FeedStore(engine, clock=clock), check_records(gives, records, currency=None)
    store.claim(source, feed)
    copy = Copy(
        records=checked.records,
        refused=checked.refused,
        complete=True,
        sha256="0" * 64,
        validators={},
        requests=1,
    )
    store.keep(source, feed, copy, simulated=True)
    return feed.id
