"""The worker's home: grants and ending them, linked platforms, contact codes, the access log."""

from __future__ import annotations

import re
from typing import Any

import pytest


def _grant(site: Any) -> Any:
    site.sign_in()
    assert site.allow("uber:engagements", "uber:ratings").status_code == 303
    return site.world.grants.of_worker(site.alex)[0]


def test_home_shows_who_may_see_what_until_when(site: Any) -> None:
    _grant(site)
    html = site.browser.get("/me").text
    for words in ("Nordic Staffing", "Finding work", "until May 31, 2030", "Gigs, Ratings", "Not read yet."):
        assert words in html


def test_one_click_ends_access_and_the_page_tells_the_truth(site: Any, submit: Any) -> None:
    grant = _grant(site)
    answer = submit(site.browser, "/me", f"/me/grants/{grant.id}/revoke", {})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/me/grants/{grant.id}")
    assert 'data-status="confirmed"' in site.browser.get(f"/me/grants/{grant.id}").text
    assert site.world.grants.find(grant.id).status == "withdrawn"
    assert "Nobody may see your data" in site.browser.get("/me").text


def test_revoking_twice_is_the_same_as_once(site: Any, submit: Any) -> None:
    grant = _grant(site)
    for _ in range(2):
        assert submit(site.browser, "/me", f"/me/grants/{grant.id}/revoke", {}).status_code == 303
    assert site.world.grants.find(grant.id).status == "withdrawn"


def test_an_active_grant_says_nothing_of_having_ended(site: Any) -> None:
    grant = _grant(site)
    assert "data-status" not in site.browser.get(f"/me/grants/{grant.id}").text


def test_another_workers_grant_is_not_there(site: Any, submit: Any) -> None:
    grant = _grant(site)
    other = site.new_browser()
    kim = {"login": "kim@worker.example", "password": "correct horse battery"}
    assert submit(other, "/sign-in", "/sign-in", kim).status_code == 303
    assert other.get(f"/me/grants/{grant.id}").status_code == 404
    assert submit(other, "/me", f"/me/grants/{grant.id}/revoke", {}).status_code == 404
    assert site.world.grants.find(grant.id).status == "active"
    assert other.get(f"/me/grants/{'0' * 32}").status_code == 404


def test_59_65_ending_needs_a_form_of_ours(site: Any) -> None:
    grant = _grant(site)
    target = f"/me/grants/{grant.id}/revoke"
    assert site.browser.get(target).status_code == 405
    assert site.browser.post(target).status_code == 403
    assert site.world.grants.find(grant.id).status == "active"


def test_a_contact_code_is_shown_once_and_can_be_cancelled(site: Any, submit: Any) -> None:
    site.sign_in()
    made = submit(site.browser, "/me", "/me/codes", {})
    code = re.search(r"GW-[0-9A-Z-]{14}", made.text)
    assert code is not None
    assert site.world.contacts.resolve(code.group()) == site.alex
    home = site.browser.get("/me").text
    assert code.group() not in home
    target = re.search(r'action="(/me/codes/[0-9a-f]{16}/revoke)"', home)
    assert target is not None
    assert submit(site.browser, "/me", target.group(1), {}).status_code == 303
    assert site.world.contacts.resolve(code.group()) is None
    assert submit(site.browser, "/me", target.group(1), {}).status_code == 404


def test_a_simulated_platform_says_so(site: Any) -> None:
    site.sign_in()
    assert "Simulated" in site.browser.get("/me").text
    for account in site.accounts.accounts:
        account.simulated = False
    assert "Simulated" not in site.browser.get("/me").text


def test_accounts_can_be_unlinked_and_linked(site: Any, submit: Any) -> None:
    site.sign_in()
    html = site.browser.get("/me").text
    assert 'href="/link/upwork"' in html
    assert 'href="/link/uber"' not in html
    done = submit(site.browser, "/me", "/me/accounts/uber/unlink", {})
    assert "Nothing is read from it any more" in done.text
    assert 'href="/link/uber"' in done.text
    assert submit(site.browser, "/me", "/me/accounts/uber/unlink", {}).status_code == 404


@pytest.mark.parametrize("path", ["/me", "/me/log", "/me/grants/x"])
def test_pages_need_a_session(site: Any, path: str) -> None:
    answer = site.browser.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")


def test_an_empty_log_says_so(site: Any) -> None:
    site.sign_in()
    page = site.browser.get("/me/log?actor=acme&decision=nonsense&before=xyz&text=%00")
    assert (page.status_code, "There is nothing to show." in page.text) == (200, True)


@pytest.mark.parametrize("path", ["/me/grants/%00", "/me/grants/a%00b", "/me/log?actor=%00", "/me/log?text=%00%ff"])
def test_addresses_with_nul_are_no_defect(site: Any, path: str) -> None:
    site.sign_in()
    assert site.browser.get(path).status_code == (404 if "grants" in path else 200)


@pytest.mark.parametrize(
    "path", ["/me/grants/%00/revoke", "/me/codes/%00/revoke", "/me/security/passkeys/%00/remove", "/consent/%00"]
)
def test_forms_sent_to_addresses_with_nul_are_no_defect(site: Any, submit: Any, path: str) -> None:
    site.sign_in()
    assert submit(site.browser, "/me", path, {"answer": "deny"}).status_code == 404
