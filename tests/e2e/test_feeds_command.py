"""`gigway connectors feeds`: what was read, and what was left out by shape and by meaning."""

from datetime import UTC, datetime

from gateway.cli.registration import open_database
from graph.market.market import REASONS
from tests.graph.market.test_market import COURSE
from tests.kept_feeds import keep_feed

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_feeds_say_what_was_left_out_and_why(command):
    given = [COURSE, {**COURSE, "ref": "c2", "teaches": ["xyzzy"]}, {**COURSE, "ref": "c3", "hours": -1}]
    with open_database() as engine:
        feed = keep_feed(engine, "course_catalogue", "TRAINING", given, clock=lambda: NOW)
    code, out, err = command("connectors", "feeds")
    assert (code, err) == (0, "")
    head, *reasons = out.splitlines()
    assert head == f"course_catalogue/{feed}: 2 training, read 2026-11-01 00:00 UTC"
    assert "refused 1, as c3: " in reasons[0]
    assert reasons[1:] == [f"course_catalogue: 1 left out, since {REASONS['SKILLS_UNKNOWN']} [SKILLS_UNKNOWN]"]
