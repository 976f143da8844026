from datetime import datetime
from typing import Any

import pytest

from connectors.sandbox import SandboxSettings
from connectors.sandbox.__main__ import main

ME = "/uber/v1/partners/me"


def token(sandbox: Any) -> str:
    code = sandbox.code("/uber/oauth/v2/authorize")
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1:9/callback"}
    return sandbox.tokens("uber", "/oauth/v2/token", **fields).json["access_token"]


def test_control_token_guards_the_control_page_and_nothing_else(start: Any) -> None:
    with start(SandboxSettings(control_token="open sesame")) as sandbox:
        for method, path in (
            ("GET", "/control"),
            ("GET", "/control/state"),
            ("GET", "/control/log"),
            ("POST", "/control/reset"),
            ("POST", "/control/platforms/uber"),
        ):
            refused = sandbox.ask(method, path)
            assert (refused.status, refused.json["error"]["code"]) == (401, "CONTROL_TOKEN")
        assert sandbox.get("/control/state", "open sesame").status == 200
        assert sandbox.get("/control/state", "wrong").status == 401
        entered = sandbox.get("/control?token=open%20sesame")
        cookie = entered.headers["set-cookie"].partition(";")[0]
        assert sandbox.get("/control", Cookie=cookie).status == 200
        assert sandbox.get(ME, token(sandbox)).status == 200


def test_accounts_stay_linked_over_a_restart_with_the_same_seed(start: Any) -> None:
    with start(SandboxSettings(seed=5)) as sandbox:
        issued = token(sandbox)
        driver = sandbox.get(ME, issued).json["driver_id"]
    with start(SandboxSettings(seed=5)) as sandbox:
        assert sandbox.get(ME, issued).json["driver_id"] == driver
    with start(SandboxSettings(seed=6)) as sandbox:
        assert sandbox.get(ME, issued).status == 401


def test_the_log_is_bounded_but_its_numbers_and_counters_go_on(start: Any) -> None:
    with start(SandboxSettings(log_size=3)) as sandbox:
        for _ in range(7):
            sandbox.get(ME)
        assert [entry["seq"] for entry in sandbox.log()] == [5, 6, 7]
        assert sandbox.state("uber")["counters"] == {"4xx": 7, "api": 7}


def test_settings_are_checked_and_keep_their_secret() -> None:
    with pytest.raises(ValueError, match="time zone"):
        SandboxSettings(now=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="log_size"):
        SandboxSettings(log_size=0)
    assert "sesame" not in repr(SandboxSettings(control_token="open sesame"))


def test_a_busy_port_is_an_exit_code(sandbox: Any) -> None:
    assert main(["--port", str(sandbox.port)]) == 2
