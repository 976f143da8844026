"""`gigway connectors feeds`: what was read, and what was left out by shape and by meaning."""

from datetime import UTC, datetime

from connectors.feeds import FeedStore
from connectors.feeds.reader import Copy
from connectors.feeds.records import check_records
from connectors.sandbox.providers import built_in_providers
from gateway.cli.registration import open_database, registration_in
from graph.market.market import REASONS
from tests.graph.market.test_market import COURSE

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_feeds_say_what_was_left_out_and_why(command):
    (catalogue,) = [each for each in built_in_providers() if each.name == "course_catalogue"]
    (feed,) = catalogue.definition.feeds
    given = [COURSE, {**COURSE, "ref": "c2", "teaches": ["xyzzy"]}, {**COURSE, "ref": "c3", "hours": -1}]
    checked = check_records("TRAINING", given, currency=None)
    with open_database() as engine:
        registration_in(engine).seed([catalogue])
        store = FeedStore(engine, clock=lambda: NOW)
        store.claim(catalogue, feed)
        copy = Copy(
            records=checked.records,
            refused=checked.refused,
            complete=True,
            sha256="0" * 64,
            validators={},
            requests=1,
        )
        store.keep(catalogue, feed, copy, simulated=True)
    code, out, err = command("connectors", "feeds")
    assert (code, err) == (0, "")
    head, *reasons = out.splitlines()
    assert head == f"course_catalogue/{feed.id}: 2 training, read 2026-11-01 00:00 UTC"
    assert "refused 1, as c3: " in reasons[0]
    assert reasons[1:] == [f"course_catalogue: 1 left out, since {REASONS['SKILLS_UNKNOWN']} [SKILLS_UNKNOWN]"]
