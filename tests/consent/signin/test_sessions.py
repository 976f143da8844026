"""Sessions: cookies, rotation, expiry, and forms that only our own pages can send."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from consent.signin.models import SESSIONS


def _cookie(answer: Any) -> str:
    return str(answer.headers["set-cookie"])


def test_the_cookie_is_bound_to_this_host_and_hidden_from_scripts(door: Any) -> None:
    cookie = _cookie(door.browser.post("/in"))
    assert cookie.startswith("__Host-gigway=gwn_")
    for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie
    assert door.who() == door.worker_id


def test_on_loopback_http_the_cookie_has_its_other_name(make_door: Any) -> None:
    door = make_door("http://127.0.0.1:8700")
    cookie = _cookie(door.browser.post("/in"))
    assert cookie.startswith("gigway-session=gwn_")
    assert "Secure" not in cookie
    assert door.who() == door.worker_id


def test_62_signing_in_never_keeps_a_session_that_was_there(door: Any) -> None:
    planted = door.browser.post("/in").cookies["__Host-gigway"]
    door.other.cookies.set("__Host-gigway", planted)
    fresh = door.other.post("/in").cookies["__Host-gigway"]
    assert fresh != planted
    assert door.who(door.browser) is None
    with door.engine.connect() as connection:
        stored = repr(connection.execute(SESSIONS.select()).all())
    assert planted not in stored
    assert fresh not in stored


def test_signing_out_ends_the_session_on_the_server(door: Any) -> None:
    stolen = door.browser.post("/in").cookies["__Host-gigway"]
    door.browser.post("/out")
    door.other.cookies.set("__Host-gigway", stolen)
    assert door.who(door.other) is None


def test_a_session_ends_after_fifteen_idle_minutes_and_is_renewed_by_use(door: Any) -> None:
    door.browser.post("/in")
    for _ in range(3):
        door.clock.advance(timedelta(minutes=14))
        assert door.who() == door.worker_id
    door.clock.advance(timedelta(minutes=15))
    assert door.who() is None


def test_a_session_ends_after_eight_hours_whatever_is_done(door: Any) -> None:
    door.browser.post("/in")
    for _ in range(47):
        door.clock.advance(timedelta(minutes=10))
        assert door.who() == door.worker_id
    door.clock.advance(timedelta(minutes=10))
    assert door.who() is None


def test_an_erased_workers_session_is_worth_nothing(door: Any) -> None:
    door.browser.post("/in")
    with door.engine.begin() as connection:
        connection.execute(text("UPDATE worker SET status = 'erased'"))
    assert door.who() is None


@pytest.mark.parametrize("cookie", ["", "x", "gwn_" + "x" * 43, "gwa_" + "x" * 43])
def test_invented_cookies_are_nobody(door: Any, cookie: str) -> None:
    door.browser.cookies.set("__Host-gigway", cookie)
    assert door.who() is None


def _problem(browser: Any, token: str, **headers: str) -> str | None:
    found: str | None = browser.post("/submit", headers={"x-token": token, **headers}).json()
    return found


def test_59_a_form_counts_for_the_browser_that_got_it(door: Any) -> None:
    token = door.browser.get("/form").text
    assert _problem(door.browser, token) is None
    assert _problem(door.browser, token, origin="https://gigway.example", **{"sec-fetch-site": "same-origin"}) is None
    assert _problem(door.other, token) is not None
    door.other.get("/form")
    assert _problem(door.other, token) is not None


def test_62_a_form_from_before_signing_in_does_not_count_after(door: Any) -> None:
    before = door.browser.get("/form").text
    door.browser.post("/in")
    assert _problem(door.browser, before) is not None
    inside = door.browser.get("/form").text
    assert _problem(door.browser, inside) is None
    door.browser.post("/in")
    assert _problem(door.browser, inside) is not None
