"""Signing in on the page, and the ways in that a worker manages."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from consent.signin.totp import STEP, one_time_code

KIM = {"login": "kim@worker.example", "password": "correct horse battery"}


def _in(site: Any, submit: Any, **fields: str) -> Any:
    return submit(site.browser, "/sign-in", "/sign-in", KIM | fields)


def test_the_right_password_goes_on_to_where_one_was_going(site: Any, submit: Any) -> None:
    answer = _in(site, submit, next="/me/log?decision=deny")
    assert (answer.status_code, answer.headers["location"]) == (303, "/me/log?decision=deny")
    assert site.browser.get("/me/log").status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\nb",
        "me",
        "/" + "x" * 2_100,
    ],
)
def test_signing_in_never_leads_to_another_site(site: Any, submit: Any, target: str) -> None:
    assert _in(site, submit, next=target).headers["location"] == "/me"


def test_66_one_answer_for_every_wrong_password_and_a_limit(site: Any, submit: Any) -> None:
    for login in ("kim@worker.example", "nobody"):
        answer = _in(site, submit, login=login, password="wrong")
        assert answer.status_code == 401
        assert "Login or password is wrong." in answer.text
        assert "wrong&#34;" not in answer.text
        assert 'value="wrong"' not in answer.text
    for _ in range(4):
        _in(site, submit, password="wrong")
    assert _in(site, submit).status_code == 429


def test_61_what_is_typed_comes_back_escaped(site: Any, submit: Any) -> None:
    answer = _in(site, submit, login='"><script>alert(1)</script>')
    assert "<script>alert" not in answer.text


def test_62_signing_in_needs_our_form(site: Any) -> None:
    assert site.browser.post("/sign-in", data=KIM).status_code == 403
    assert site.browser.post("/sign-in/demo", data={"persona": "alex"}).status_code == 403


def test_59_65_signing_out_needs_our_form(site: Any, submit: Any) -> None:
    site.sign_in()
    assert site.browser.get("/sign-out").status_code == 405
    assert site.browser.post("/sign-out").status_code == 403
    assert site.browser.get("/me").status_code == 200
    assert submit(site.browser, "/me", "/sign-out", {}).headers["location"] == "/sign-in"
    assert site.browser.get("/me").status_code == 303


def test_the_demo_login_says_what_it_is(site: Any) -> None:
    assert "on this machine only" in site.browser.get("/sign-in").text


def test_one_time_codes_from_setting_up_to_turning_off(site: Any, submit: Any) -> None:
    _in(site, submit)
    page = submit(site.browser, "/me/security", "/me/security/codes", {})
    secret = re.search(r'small-code">([A-Z2-7]{32})<', page.text)
    state = re.search(r'name="state" value="(gwi_[^"]+)"', page.text)
    assert secret
    assert state

    def code() -> str:
        assert secret is not None
        return one_time_code(secret.group(1).encode(), int(site.clock().timestamp()) // STEP)

    done = submit(site.browser, "/me/security", "/me/security/codes/confirm", {"state": state.group(1), "code": code()})
    assert "One-time codes are on" in done.text
    submit(site.browser, "/me", "/sign-out", {})
    site.clock.advance(timedelta(seconds=STEP))
    second = _in(site, submit)
    assert second.status_code == 200
    assert site.browser.get("/me").status_code == 303, "the password alone opens nothing"
    state = re.search(r'name="state" value="(gwi_[^"]+)"', second.text)
    assert state
    fields = {"state": state.group(1), "code": code(), "next": "/me"}
    assert submit(site.browser, "/sign-in", "/sign-in/code", fields).headers["location"] == "/me"
    assert submit(site.browser, "/me/security", "/me/security/codes/off", {}).status_code == 303
    assert "Set up one-time codes" in site.browser.get("/me/security").text


def test_adding_a_way_in_needs_a_fresh_proof(site: Any, submit: Any) -> None:
    _in(site, submit)
    site.clock.advance(timedelta(minutes=6))
    for target in ("/me/security/codes", "/me/security/codes/off", "/me/security/passkeys"):
        answer = submit(site.browser, "/me/security", target, {})
        assert "again=1" in answer.headers["location"], target


def test_signing_out_everywhere(site: Any, submit: Any) -> None:
    _in(site, submit)
    other = site.new_browser()
    submit(other, "/sign-in", "/sign-in", KIM)
    submit(site.browser, "/me/security", "/me/security/sign-out", {})
    assert site.browser.get("/me").status_code == 303
    assert other.get("/me").status_code == 303


def test_scripts_run_only_where_passkeys_are(site: Any) -> None:
    site.sign_in()
    for path, allowed in [("/me", False), ("/me/log", False), ("/me/security", True)]:
        policy = site.browser.get(path).headers["content-security-policy"]
        assert ("script-src 'self'" in policy) is allowed
        assert "unsafe" not in policy
        assert "style=" not in site.browser.get(path).text
