"""The consent page: what it shows, that nothing is ticked or bundled, and that only a worker's own answer counts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest


def _ticked(html: str) -> set[str]:
    return set(re.findall(r'name="item" value="([^"]+)" checked', html))


def _offered(html: str) -> set[str]:
    return set(re.findall(r'name="item" value="([^"]+)"', html))


ASKED = {"uber:engagements", "uber:ratings", "upwork:engagements", "upwork:ratings"}


def test_the_page_says_who_what_why_and_until_when(site: Any) -> None:
    site.sign_in()
    page = site.browser.get(site.ask())
    assert page.status_code == 200
    for words in (
        "Nordic Staffing</bdi> asks to see some of your work data",
        "Nordic Staffing &lt;b&gt;AB&lt;/b&gt;",
        "To find work that suits you",
        "May 31, 2030",
        "The gigs you did",
    ):
        assert words in page.text


def test_nothing_is_ticked_until_the_worker_ticks_it(site: Any, submit: Any) -> None:
    site.sign_in()
    path = site.ask()
    html = site.browser.get(path).text
    assert (_offered(html), _ticked(html)) == (ASKED, set())
    everything = submit(site.browser, path, path, {"answer": "all"})
    assert (everything.status_code, _ticked(everything.text)) == (200, ASKED)
    nothing = submit(site.browser, path, path, {"answer": "none", "item": sorted(ASKED)})
    assert (nothing.status_code, _ticked(nothing.text)) == (200, set())
    assert site.world.grants.of_worker(site.alex) == []


def test_allowing_part_of_it_gives_exactly_that_part(site: Any, submit: Any) -> None:
    site.sign_in()
    path = site.ask()
    answer = submit(site.browser, path, path, {"item": ["uber:ratings", "upwork:ratings"], "answer": "allow"})
    assert answer.status_code == 303
    location = urlsplit(answer.headers["location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == "https://actor.example/callback"
    assert set(parse_qs(location.query)) == {"code", "state", "iss"}
    (grant,) = site.world.grants.of_worker(site.alex)
    assert grant.granted == {("uber", "ratings"), ("upwork", "ratings")}
    assert grant.refused == {("uber", "engagements"), ("upwork", "engagements")}
    assert grant.expires_at == site.clock() + timedelta(days=30)
    assert len(grant.screen_sha256) == len(grant.notice_sha256) == 64
    assert grant.screen_sha256 != grant.notice_sha256


def test_allowing_nothing_is_not_an_answer(site: Any, submit: Any) -> None:
    site.sign_in()
    path = site.ask()
    answer = submit(site.browser, path, path, {"answer": "allow"})
    assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    assert submit(site.browser, path, path, {"answer": "deny"}).status_code == 303


def test_refusing_goes_back_with_access_denied(site: Any, submit: Any) -> None:
    site.sign_in()
    path = site.ask()
    answer = submit(site.browser, path, path, {"answer": "deny", "item": ["uber:ratings"]})
    assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == ["access_denied"]
    assert site.world.grants.of_worker(site.alex) == []


def test_without_a_session_the_worker_signs_in_first_and_comes_back(site: Any, submit: Any) -> None:
    path = site.ask()
    answer = site.browser.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next={path}"
    back = submit(site.browser, answer.headers["location"], "/sign-in/demo", {"persona": "alex", "next": path})
    assert back.headers["location"] == path
    assert site.browser.get(path).status_code == 200


def test_the_worker_proves_it_again_before_granting(site: Any) -> None:
    site.sign_in()
    path = site.ask()
    site.clock.advance(timedelta(minutes=6))
    answer = site.browser.get(path)
    assert answer.headers["location"] == f"/sign-in?next={path}&again=1"
    assert "show once more" in site.browser.get(answer.headers["location"]).text


def test_63_a_double_submit_creates_one_grant(site: Any, form_token: Any) -> None:
    site.sign_in()
    path = site.ask()
    form = {"csrf": form_token(site.browser.get(path)), "item": ["uber:ratings"], "answer": "allow"}
    assert site.browser.post(path, data=form).status_code == 303
    again = site.browser.post(path, data=form)
    assert (again.status_code, "already answered" in again.text) == (409, True)
    assert len(site.world.grants.of_worker(site.alex)) == 1


def test_64_an_item_that_was_not_asked_for_is_refused(site: Any, submit: Any) -> None:
    site.sign_in()
    path = site.ask()
    answer = submit(site.browser, path, path, {"item": ["uber:ratings", "uber:earnings"], "answer": "allow"})
    assert answer.status_code == 400
    assert site.world.grants.of_worker(site.alex) == []


def test_65_get_never_grants(site: Any) -> None:
    site.sign_in()
    path = site.ask()
    assert site.browser.get(f"{path}?answer=allow&item=uber:ratings").status_code == 200
    assert site.world.grants.of_worker(site.alex) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_59_a_decision_sent_from_elsewhere_does_not_count(site: Any, submit: Any, headers: dict[str, str]) -> None:
    site.sign_in()
    path = site.ask()
    answer = submit(site.browser, path, path, {"item": ["uber:ratings"], "answer": "allow"}, headers=headers)
    assert answer.status_code == 403
    assert site.world.grants.of_worker(site.alex) == []


@pytest.mark.parametrize("token", [None, "", "0" * 64, "ü"])
def test_59_a_decision_without_its_token_does_not_count(site: Any, token: str | None) -> None:
    site.sign_in()
    path = site.ask()
    form = {"item": ["uber:ratings"], "answer": "allow"} | ({} if token is None else {"csrf": token})
    assert site.browser.post(path, data=form).status_code == 403
    assert site.world.grants.of_worker(site.alex) == []


def test_62_a_page_of_one_worker_cannot_be_answered_by_the_next(site: Any, form_token: Any, submit: Any) -> None:
    site.sign_in()
    path = site.ask()
    token = form_token(site.browser.get(path))
    submit(
        site.browser,
        "/sign-in?again=1",
        "/sign-in",
        {"login": "kim@worker.example", "password": "correct horse battery"},
    )
    answer = site.browser.post(path, data={"csrf": token, "item": ["uber:ratings"], "answer": "allow"})
    assert answer.status_code == 403
    assert site.world.grants.of_worker(site.alex) == site.world.grants.of_worker(site.kim) == []


def test_60_the_policy_allows_the_way_back_and_no_framing(site: Any) -> None:
    site.sign_in()
    headers = site.browser.get(site.ask()).headers
    policy = headers["content-security-policy"]
    assert "form-action 'self' https://actor.example" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "form-action 'self'" in site.browser.get("/me").headers["content-security-policy"]
    assert "actor.example" not in site.browser.get("/me").headers["content-security-policy"]


def test_an_answer_that_comes_too_late_is_asked_for_again(site: Any, form_token: Any) -> None:
    site.sign_in()
    path = site.ask()
    form = {"csrf": form_token(site.browser.get(path)), "item": ["uber:ratings"], "answer": "allow"}
    for _ in range(3):
        site.clock.advance(timedelta(minutes=11))
        site.browser.get("/me")
    answer = site.browser.post(path, data=form)
    assert answer.status_code in (403, 404)
    assert site.world.grants.of_worker(site.alex) == []


def test_an_answer_that_is_none(site: Any, submit: Any) -> None:
    site.sign_in()
    path = site.ask()
    for answer in ("", "maybe"):
        assert submit(site.browser, path, path, {"item": ["uber:ratings"], "answer": answer}).status_code == 400


def test_an_unknown_request_and_one_that_is_too_old(site: Any) -> None:
    site.sign_in()
    path = site.ask()
    assert site.browser.get("/consent/nonsense").status_code == 404
    site.clock.advance(timedelta(minutes=14))
    site.browser.get("/me")
    site.clock.advance(timedelta(minutes=14))
    site.browser.get("/me")
    site.clock.advance(timedelta(minutes=3))
    gone = site.browser.get(path)
    assert (gone.status_code, "too old" in gone.text) == (404, True)


def test_58_replacing_says_so_and_ends_the_earlier_consent(site: Any, submit: Any) -> None:
    site.sign_in()
    site.allow("uber:engagements")
    (first,) = site.world.grants.of_worker(site.alex)
    path = site.ask_with(grant_management_action="replace", grant_id=first.id)
    assert "takes the place of what you allowed them before" in site.browser.get(path).text
    assert submit(site.browser, path, path, {"item": ["uber:ratings"], "answer": "allow"}).status_code == 303
    states = {grant.id: grant.status for grant in site.world.grants.of_worker(site.alex)}
    assert states.pop(first.id) == "superseded"
    assert list(states.values()) == ["active"]
