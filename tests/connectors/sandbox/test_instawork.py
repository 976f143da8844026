from datetime import datetime
from typing import Any

import pytest

MIKA = "mika.manytask@sandbox.example"
ME = "/instawork/v1/pros/me"
SHIFTS = "/instawork/v1/pros/me/shifts"


def sign_in(sandbox: Any, login: str = MIKA, scope: str = "pro.profile pro.shifts") -> str:
    code = sandbox.code("/instawork/oauth/authorize", login, scope=scope)
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1:9/callback"}
    return sandbox.tokens("instawork", "/oauth/token", **fields).json["access_token"]


def every_shift(sandbox: Any, token: str) -> list[Any]:
    found, cursor = [], ""
    while True:
        page = sandbox.get(f"{SHIFTS}?limit=50{cursor}", token).json
        found += page["shifts"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def test_shifts_page_by_cursor_newest_first(sandbox: Any) -> None:
    shifts = every_shift(sandbox, sign_in(sandbox))
    assert len({shift["shift_id"] for shift in shifts}) == len(shifts) == 160
    starts = [datetime.fromisoformat(shift["scheduled_start"]) for shift in shifts]
    assert starts == sorted(starts, reverse=True)


def test_pay_follows_the_clock(sandbox: Any) -> None:
    shifts = every_shift(sandbox, sign_in(sandbox))
    worked = [shift for shift in shifts if shift["status"] == "completed"]
    assert len(worked) > 120
    for shift in worked:
        pay = shift["pay"]
        clocked = datetime.fromisoformat(shift["clock_out"]) - datetime.fromisoformat(shift["clock_in"])
        assert float(pay["hours"]) == pytest.approx(
            clocked.total_seconds() / 3600 - shift["break_minutes"] / 60, abs=0.01
        )
        expected = float(pay["hourly_rate"]) * float(pay["hours"]) + float(pay["tips"]) + float(pay["bonus"])
        assert float(pay["gross"]) == pytest.approx(expected, abs=0.01)
    assert all(shift["pay"] is None for shift in shifts if shift["status"] != "completed")


def test_reliability_counts_the_shifts(sandbox: Any) -> None:
    token = sign_in(sandbox, "priya.parttime@sandbox.example")
    reliability = sandbox.get(ME, token).json["reliability"]
    shifts = every_shift(sandbox, token)
    late = sum(shift["status"] == "cancelled_by_pro" for shift in shifts)
    assert reliability["late_cancellations"] == late > 0
    assert 0.5 < reliability["attendance_rate"] < 1


def test_new_and_suspended_professionals(sandbox: Any) -> None:
    new = sandbox.get(ME, sign_in(sandbox, "nia.newcomer@sandbox.example")).json
    assert (new["rating"], new["reliability"], new["positions"]) == (None, None, [])
    assert sandbox.get(ME, sign_in(sandbox, "dario.dormant@sandbox.example")).json["status"] == "suspended"


def test_errors(sandbox: Any) -> None:
    token = sign_in(sandbox)
    assert sandbox.get(f"{SHIFTS}?limit=51", token).json["errors"][0]["code"] == "bad_limit"
    assert sandbox.get(f"{SHIFTS}?cursor=x", token).json["errors"][0]["code"] == "bad_cursor"
    assert sandbox.get(SHIFTS, sign_in(sandbox, scope="pro.profile")).status == 403
    assert sandbox.get(ME, "made-up").status == 401
    assert sandbox.get(ME, token).headers["x-sandbox-fidelity"] == "HYPOTHETICAL"
