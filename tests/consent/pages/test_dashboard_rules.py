"""Rules for consent dashboards, each as a test that names its rule.

OBIE CEG: the UK's Open Banking customer experience guidelines, access dashboards. CDR: Australia's Consumer Data Right.
FIDA: the EU's proposal on financial data access, Article 8. GDPR: by article. What only a browser can tell (equal
prominence, clicks) is in `browser/pages.mjs`; that the recipient is told of an end is in `tests/consent/notices`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from consent.grants.reviews import EVENT
from consent.models import Actor, ConsentEvent
from consent.pages.history import versions_of


def _grant(site: Any, *items: str) -> Any:
    site.sign_in()
    assert site.allow(*(items or ("uber:engagements", "uber:ratings"))).status_code == 303
    return site.world.grants.of_worker(site.alex)[0]


def test_obie_the_dashboard_is_what_a_worker_lands_on_and_one_click_from_every_page(site: Any) -> None:
    _grant(site)
    for path in ("/me", "/me/requests", "/me/log", "/me/data", "/me/security"):
        assert re.search(r'<nav.*?<a href="/me"', site.browser.get(path).text, re.DOTALL), path


def test_obie_each_access_shows_name_clusters_in_plain_words_status_dates_and_last_access(site: Any) -> None:
    _grant(site)
    card = re.search(r"<article.*?</article>", site.browser.get("/me").text, re.DOTALL)
    assert card is not None
    for words in (
        "Nordic Staffing",
        "Active",
        "Allowed on May 1, 2030.",
        "until May 31, 2030",
        "Not read yet.",
        "<details>",
        "<strong>Gigs.</strong> The gigs you did: what kind, when, how long, in which city, and how they ended.",
        "<strong>Ratings.</strong> The marks you were given",
    ):
        assert words in card.group(), words


def test_obie_cdr_consequences_and_what_was_received_are_told_before_ending(site: Any) -> None:
    grant = _grant(site)
    for path in ("/me", f"/me/grants/{grant.id}"):
        page = site.browser.get(path).text
        advice, button = page.index("ask them to delete it"), page.index("End access")
        assert path != "/me" or advice < button
        assert "what ending means for you" in page


def test_obie_ending_has_no_further_step_and_no_word_against_it(site: Any, submit: Any) -> None:
    grant = _grant(site)
    page = site.browser.get("/me").text
    for word in ("are you sure", "Are you sure", "lose", "regret", "warning", "unfortunately"):
        assert word not in page
    submit(site.browser, "/me", f"/me/grants/{grant.id}/revoke", {})
    assert site.world.grants.find(grant.id).status == "withdrawn"


def test_gdpr_7_3_ending_needs_no_fresh_sign_in_while_allowing_does(site: Any, submit: Any) -> None:
    grant = _grant(site)
    site.clock.advance(timedelta(minutes=12))
    path = site.ask()
    assert "again=1" in site.browser.get(path).headers["location"]
    submit(site.browser, "/me", f"/me/grants/{grant.id}/revoke", {})
    assert site.world.grants.find(grant.id).status == "withdrawn"


def test_obie_fida_ended_ones_stay_visible_for_two_years(site: Any, submit: Any) -> None:
    grant = _grant(site)
    submit(site.browser, "/me", f"/me/grants/{grant.id}/revoke", {})
    site.clock.advance(timedelta(days=729))
    site.sign_in()
    home = site.browser.get("/me").text
    assert f'href="/me/grants/{grant.id}"' in home
    assert "Ended by you" in home
    assert "What you allowed" in site.browser.get(f"/me/grants/{grant.id}").text


def test_cdr_every_90_days_the_worker_is_asked_to_look_it_through(site: Any, submit: Any) -> None:
    _grant(site)
    with site.engine.begin() as connection:
        long = site.world.grants.grant(
            connection,
            worker_id=site.alex,
            client_id=site.client.client_id,
            actor_id="acme",
            purpose="training",
            granted=[("uber", "ratings")],
            expires_at=site.clock() + timedelta(days=360),
            locale="en",
            notice_sha256="0" * 64,
            screen_sha256="1" * 64,
            amr=["pwd"],
        )
    keep = f'action="/me/grants/{long.id}/keep"'
    assert keep not in site.browser.get("/me").text
    site.clock.advance(timedelta(days=89, hours=23))
    site.sign_in()
    assert keep not in site.browser.get("/me").text
    site.clock.advance(timedelta(hours=1))
    site.sign_in()
    home = site.browser.get("/me").text
    assert keep in home
    assert "Look through what they may see and when they last read it" in home
    assert submit(site.browser, "/me", f"/me/grants/{long.id}/keep", {}).headers["location"] == "/me"
    assert keep not in site.browser.get("/me").text
    assert site.world.grants.find(long.id) == long
    with site.engine.connect() as connection:
        events = connection.execute(
            select(col(ConsentEvent.grant_id), col(ConsentEvent.by_id)).where(col(ConsentEvent.type) == EVENT)
        ).all()
    assert events == [(long.id, site.alex)]
    site.clock.advance(timedelta(days=90))
    site.sign_in()
    assert keep in site.browser.get("/me").text


def test_looking_through_is_for_ones_own_active_grants(site: Any, submit: Any) -> None:
    grant = _grant(site)
    other = site.new_browser()
    kim = {"login": "kim@worker.example", "password": "correct horse battery"}
    submit(other, "/sign-in", "/sign-in", kim)
    assert submit(other, "/me", f"/me/grants/{grant.id}/keep", {}).status_code == 404
    submit(site.browser, "/me", f"/me/grants/{grant.id}/revoke", {})
    assert submit(site.browser, "/me", f"/me/grants/{grant.id}/keep", {}).status_code == 404


def test_cdr_a_consent_shows_how_it_was_amended(site: Any, submit: Any) -> None:
    first = _grant(site, "uber:engagements", "uber:ratings")
    path = site.ask_with(grant_management_action="replace", grant_id=first.id)
    submit(site.browser, path, path, {"item": ["uber:ratings", "upwork:ratings"], "answer": "allow"})
    grants = site.world.grants.of_worker(site.alex)
    second = next(grant for grant in grants if grant.parent_id == first.id)
    assert [(each.grant.id, each.added, each.removed) for each in versions_of(first, grants)] == [
        (second.id, {("upwork", "ratings")}, {("uber", "engagements")}),
        (first.id, {("uber", "engagements"), ("uber", "ratings")}, frozenset()),
    ]
    page = site.browser.get(f"/me/grants/{second.id}").text
    for words in (
        "now also: Upwork Ratings",
        "no longer: Uber Gigs",
        "Changed on May 1, 2030",
        "Allowed on May 1, 2030",
    ):
        assert words in page, words
    assert f'href="/me/grants/{first.id}"' in page
    assert f'href="/me/grants/{second.id}"' in site.browser.get(f"/me/grants/{first.id}").text


def test_cdr_a_receipt_is_to_be_had_outside_the_dashboard(site: Any) -> None:
    grant = _grant(site)
    assert f'href="/me/grants/{grant.id}/receipt" download' in site.browser.get(f"/me/grants/{grant.id}").text


def test_cdr_the_worker_is_told_before_being_sent_anywhere(site: Any) -> None:
    site.sign_in()
    assert "Either way you go back to Nordic Staffing." in site.browser.get(site.ask()).text


def test_cdr_the_recipient_can_be_reached(site: Any) -> None:
    grant = _grant(site)
    with site.engine.begin() as connection:
        connection.execute(update(Actor).values(contact="privacy@nordic.example", version=Actor.version + 1))
    assert "privacy@nordic.example" in site.browser.get(f"/me/grants/{grant.id}").text


@pytest.mark.parametrize("state", ["active", "ended"])
def test_gdpr_15_what_was_read_under_a_consent_is_one_click_away(site: Any, submit: Any, state: str) -> None:
    grant = _grant(site)
    if state == "ended":
        submit(site.browser, "/me", f"/me/grants/{grant.id}/revoke", {})
    assert 'href="/me/log?actor=acme"' in site.browser.get(f"/me/grants/{grant.id}").text
