from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

ALEX = "alex.sandberg@sandbox.example"
SCOPE = "public profile offline driver.rides.read"
START = "2026-10-01T00:00:00+00:00"


def sign_in(sandbox: Any, login: str = ALEX, scope: str = SCOPE) -> Any:
    code = sandbox.code("/lyft/oauth/authorize", login, scope=scope)
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1:9/callback"}
    return sandbox.tokens("lyft", "/oauth/token", **fields).json


def rides(sandbox: Any, token: str, **query: Any) -> Any:
    return sandbox.get(f"/lyft/v1/rides?{urlencode(query)}", token)


def test_refresh_token_needs_the_offline_scope(sandbox: Any) -> None:
    assert "refresh_token" in sign_in(sandbox)
    assert "refresh_token" not in sign_in(sandbox, scope="public profile")


def test_moving_end_time_reads_the_whole_window_once(sandbox: Any) -> None:
    token = sign_in(sandbox)["access_token"]
    seen: list[str] = []
    end: dict[str, str] = {}
    while True:
        page = rides(sandbox, token, start_time=START, limit=50, **end).json["ride_history"]
        if not page:
            break
        seen += [ride["requested_at"] for ride in page]
        end = {"end_time": page[-1]["requested_at"]}
    assert len(seen) > 55
    assert seen == sorted(set(seen), reverse=True)
    assert min(map(datetime.fromisoformat, seen)) >= datetime.fromisoformat(START)


def test_a_ride_is_the_drivers_in_integer_cents(sandbox: Any) -> None:
    answer = rides(sandbox, sign_in(sandbox)["access_token"], start_time=START, limit=50)
    assert answer.headers["x-sandbox-fidelity"] == "HYPOTHETICAL"
    history = answer.json["ride_history"]
    assert {ride["status"] for ride in history} == {"droppedOff", "canceled"}
    for ride in history:
        assert ride["role"] == "driver"
        earnings = ride["earnings"]
        assert earnings["amount"] == sum(line["amount"] for line in earnings["line_items"])
        assert isinstance(earnings["amount"], int)
        assert ("pickup" in ride) == (ride["status"] == "droppedOff")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "start_time"),
        ({"start_time": "2014-12-31T00:00:00Z"}, "start_time"),
        ({"start_time": START, "end_time": "soon"}, "end_time"),
        ({"start_time": START, "limit": 9}, "limit"),
        ({"start_time": START, "limit": 51}, "limit"),
    ],
)
def test_bad_parameters_are_named(sandbox: Any, query: dict[str, Any], field: str) -> None:
    answer = rides(sandbox, sign_in(sandbox)["access_token"], **query)
    assert answer.status == 400
    assert answer.json["error"] == "bad_parameter"
    assert list(answer.json["error_detail"][0]) == [field]


def test_scope_and_token_are_checked(sandbox: Any) -> None:
    narrow = sign_in(sandbox, scope="public profile")["access_token"]
    assert rides(sandbox, narrow, start_time=START).status == 403
    assert rides(sandbox, "made-up", start_time=START).json["error"] == "invalid_token"
    profile = sandbox.get("/lyft/v1/profile", narrow).json
    assert (profile["first_name"], profile["driver_rating"]) == ("Alex", "4.96")


def test_new_and_deactivated_drivers(sandbox: Any) -> None:
    new = sign_in(sandbox, "nia.newcomer@sandbox.example")["access_token"]
    assert rides(sandbox, new, start_time=START).json == {"ride_history": []}
    old = sign_in(sandbox, "dario.dormant@sandbox.example")["access_token"]
    assert rides(sandbox, old, start_time=START).json == {"ride_history": []}
    assert rides(sandbox, old, start_time="2025-06-01T00:00:00Z").json["ride_history"]


def test_throttling_says_when_to_come_back(sandbox: Any) -> None:
    token = sign_in(sandbox)["access_token"]
    sandbox.switch("lyft", throttle=True)
    answer = rides(sandbox, token, start_time=START)
    assert answer.status == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
