"""What housekeeping throws away of signing in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from consent.signin.housekeeping import purge


def test_ended_sessions_go_a_day_later_and_open_ones_stay(door: Any) -> None:
    door.browser.post("/in")
    door.other.post("/in")
    door.other.post("/out")
    with door.engine.begin() as connection:
        assert purge(connection, now=door.clock()) == 0
        assert purge(connection, now=door.clock() + timedelta(days=1)) == 1
    assert door.who() == door.worker_id
    with door.engine.begin() as connection:
        assert purge(connection, now=door.clock() + timedelta(days=2)) == 1
    assert door.who() is None
