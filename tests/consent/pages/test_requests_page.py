"""The inbox in the worker's pages: what waits, opening and answering it, blocking, leaving it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from consent.inbox.asking import Asked, addressee_of, ask
from consent.inbox.records import InboxReader
from consent.oauth.authorization_request import keep_request
from consent.oauth.details import GigRequest, Item
from tests.consent.pages.conftest import Site

ITEMS = frozenset({Item("uber", "engagements"), Item("uber", "ratings"), Item("upwork", "ratings")})


def ask_in_inbox(site: Site, purpose: str = "job_matching", actor_id: str = "acme") -> str:
    """A request to Alex, without a browser, as the mutation makes it."""
    request = GigRequest(purpose=purpose, items=ITEMS, expires_at=site.clock() + timedelta(days=60))
    client_id = site.client.client_id
    with site.engine.begin() as connection:
        code = site.world.contacts.create(connection, site.alex)
        asked = ask(
            connection,
            client_id=client_id,
            actor_id=actor_id,
            addressee=addressee_of(code, lambda given: given),
            request=request,
            now=site.clock(),
        )
        assert isinstance(asked, Asked)
        keep_request(
            connection, client_id, {}, request, now=site.clock(), until=asked.expires_at, asked=asked.request_id
        )
    return asked.request_id


def _status(site: Site, request_id: str) -> str:
    record = InboxReader(site.engine, clock=site.clock).find(request_id, actor_id="acme")
    assert record is not None
    return record.status


def test_home_and_list_say_who_asks_what_why_and_until_when(site: Site) -> None:
    site.sign_in()
    assert "No request waits for you." in site.browser.get("/me/requests").text
    name = ask_in_inbox(site)
    home = site.browser.get("/me").text
    assert "1 request waits for your answer" in home
    assert f'href="/consent/{name}"' in home
    page = site.browser.get("/me/requests").text
    for words in (
        "Nordic Staffing",
        "Finding work.",
        "<strong>Uber</strong> Gigs, Ratings",
        "They ask for this until June 30, 2030.",
        "You can answer until May 15, 2030.",
    ):
        assert words in page, words


def test_it_opens_as_the_consent_page_with_nothing_ticked_and_is_allowed_in_part(site: Site, submit: Any) -> None:
    site.sign_in()
    path = f"/consent/{ask_in_inbox(site)}"
    page = site.browser.get(path).text
    assert " checked" not in page
    assert "You stay here." in page
    answer = submit(site.browser, path, path, {"item": ["uber:ratings"], "answer": "allow"})
    (grant,) = site.world.grants.of_worker(site.alex)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/me/grants/{grant.id}?given=1")
    assert grant.granted == {("uber", "ratings")}
    assert grant.refused == {("uber", "engagements"), ("upwork", "ratings")}
    assert "Allowed. Nordic Staffing is told" in site.browser.get(answer.headers["location"]).text
    assert _status(site, path.rpartition("/")[2]) == "granted"
    assert submit(site.browser, "/me", path, {"item": ["uber:ratings"], "answer": "allow"}).status_code == 409
    assert len(site.world.grants.of_worker(site.alex)) == 1
    assert "What you allowed" in site.browser.get("/me/requests").text


def test_allowing_needs_a_fresh_sign_in_and_refusing_does_not(site: Site, submit: Any) -> None:
    site.sign_in()
    name = ask_in_inbox(site)
    site.clock.advance(timedelta(minutes=10))
    opened = site.browser.get(f"/consent/{name}")
    assert opened.headers["location"] == f"/sign-in?next=/consent/{name}&again=1"
    answer = submit(site.browser, "/me/requests", f"/me/requests/{name}/refuse", {})
    assert answer.headers["location"] == "/me/requests?done=refused"
    assert _status(site, name) == "refused"
    page = site.browser.get("/me/requests?done=refused").text
    assert "They are told that you said no" in page
    assert "Not allowed" in page
    again = submit(site.browser, "/me/requests", f"/me/requests/{name}/refuse", {})
    assert again.headers["location"] == "/me/requests?done=gone"


def test_a_blocked_actor_is_refused_and_not_heard_again_until_unblocked(site: Site, submit: Any) -> None:
    site.sign_in()
    name, other = ask_in_inbox(site), ask_in_inbox(site, "training")
    path = f"/consent/{name}"
    answer = submit(site.browser, path, path, {"answer": "block"})
    assert answer.headers["location"] == "/me/requests?done=blocked"
    assert (_status(site, name), _status(site, other)) == ("refused", "pending")
    assert "No request waits" in site.browser.get("/me/requests").text
    site.clock.advance(timedelta(days=2))
    site.sign_in()
    unheard = ask_in_inbox(site)
    assert _status(site, unheard) == "pending"
    assert site.browser.get(f"/consent/{unheard}").status_code == 404
    page = site.browser.get("/me/requests").text
    assert "they are not told" in page
    unblocked = submit(site.browser, "/me/requests", "/me/blocked/acme/unblock", {})
    assert unblocked.headers["location"] == "/me/requests?done=unblocked"
    assert submit(site.browser, "/me/requests", "/me/blocked/acme/unblock", {}).status_code == 404
    assert site.browser.get(f"/consent/{ask_in_inbox(site)}").status_code == 200


def test_leaving_it_lets_it_run_out(site: Site) -> None:
    site.sign_in()
    name = ask_in_inbox(site)
    site.clock.advance(timedelta(days=14))
    site.sign_in()
    page = site.browser.get("/me/requests").text
    assert "No request waits" in page
    assert "Not answered in time" in page
    assert site.browser.get(f"/consent/{name}").status_code == 404


def test_another_workers_request_is_not_there(site: Site, submit: Any) -> None:
    name = ask_in_inbox(site)
    other = site.new_browser()
    kim = {"login": "kim@worker.example", "password": "correct horse battery"}
    assert submit(other, "/sign-in", "/sign-in", kim).status_code == 303
    assert other.get(f"/consent/{name}").status_code == 404
    assert "No request waits" in other.get("/me/requests").text
    for target, fields in ((f"/consent/{name}", {"answer": "block"}), (f"/consent/{name}", {"answer": "deny"})):
        assert submit(other, "/me", target, fields).status_code == 404
    submit(other, "/me", f"/me/requests/{name}/refuse", {})
    assert _status(site, name) == "pending"


def test_59_65_answers_need_a_form_of_ours(site: Site) -> None:
    site.sign_in()
    name = ask_in_inbox(site)
    for target in (f"/me/requests/{name}/refuse", "/me/blocked/acme/unblock", f"/consent/{name}"):
        assert site.browser.post(target, data={"answer": "deny"}).status_code == 403
    assert site.browser.get(f"/me/requests/{name}/refuse").status_code == 405
    assert _status(site, name) == "pending"


def test_one_that_was_pushed_goes_back_to_the_actor_with_a_code(site: Site, submit: Any) -> None:
    site.sign_in()
    with site.engine.begin() as connection:
        code = site.world.contacts.create(connection, site.alex)
    query = {
        "response_type": "code",
        "redirect_uri": site.callback,
        "state": "s-9",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
        "login_hint": code,
        "authorization_details": json.dumps(
            [{"type": "gig_data", "platforms": ["uber"], "categories": ["ratings"], "purpose": "job_matching"}]
        ),
    }
    pushed = site.new_browser().post(
        "/oauth/par", data=query, auth=(site.client.client_id, site.client.client_secret or "")
    )
    path = f"/consent/{pushed.json()['consent_request']}"
    page = site.browser.get(path)
    assert "Either way you go back to Nordic Staffing." in page.text
    answer = submit(site.browser, path, path, {"item": ["uber:ratings"], "answer": "allow"})
    assert set(parse_qs(urlsplit(answer.headers["location"]).query)) == {"code", "state", "iss"}
