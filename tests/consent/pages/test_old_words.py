"""A grant keeps the words under which it was given, whatever texts and actors are called later (invariant 14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from consent.oauth.actors import ActorRegistry
from consent.receipts import Party, receipt_of
from consent.vocabulary import CATEGORIES, PURPOSES, seed_vocabulary
from tests.consent.conftest import about, asking
from tests.consent.pages.conftest import post, token_in


@pytest.fixture
def later(site: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function after which a newer Gigway words a category and a purpose anew, and the actor is renamed."""

    def happen() -> None:
        ratings, purpose = CATEGORIES["ratings"], PURPOSES["job_matching"]
        monkeypatch.setitem(CATEGORIES, "ratings", replace(ratings, version=2, title="Stars", text="Stars, newly."))
        newer = replace(purpose, version=2, title="Placement", text="To place you, newly.")
        monkeypatch.setitem(PURPOSES, "job_matching", newer)
        with Session(site.engine) as session:
            seed_vocabulary(session)
            session.commit()
        rename(site)

    return happen


def rename(site: Any) -> None:
    ActorRegistry(site.engine, site.clock).update_actor(
        "acme",
        legal_name="Southern Staffing AB",
        trading_name="Southern Staffing",
        categories=["engagements", "ratings"],
        purposes=["job_matching"],
        address=None,
        contact="new@southern.example",
        jurisdiction="SE",
        privacy_notice=None,
    )


def given(site: Any) -> Any:
    site.sign_in()
    assert site.allow("uber:ratings").status_code == 303
    return site.world.grants.of_worker(site.alex)[0]


def test_the_grants_page_and_home_keep_the_words(site: Any, later: Callable[[], None]) -> None:
    grant = given(site)
    later()
    page = site.browser.get(f"/me/grants/{grant.id}").text
    for words in ("Finding work.", "To find work that suits you", "Ratings.", "The marks you were given"):
        assert words in page
    assert "Nordic Staffing" in page
    assert "Today they are: <bdi>Southern Staffing</bdi> (<bdi>Southern Staffing AB</bdi>)" in page
    assert "new@southern.example" in page, "whom to ask is who they are today"
    for words in ("Stars", "newly", "Placement"):
        assert words not in page
    home = site.browser.get("/me").text
    assert "Finding work" in home
    assert "Ratings" in home
    assert "Placement" not in home


def test_a_new_grant_has_the_new_words(site: Any, later: Callable[[], None]) -> None:
    old = given(site)
    later()
    site.allow("uber:ratings")
    new = next(each for each in site.world.grants.of_worker(site.alex) if each.id != old.id)
    page = site.browser.get(f"/me/grants/{new.id}").text
    for words in ("Placement.", "To place you, newly.", "Stars.", "Stars, newly.", "Southern Staffing"):
        assert words in page
    assert "Today they are" not in page
    assert (old.actor_version, new.actor_version) == (1, 2)


@pytest.mark.parametrize("worded", [{}, {"worded": ""}, {"worded": "engagements:1 ratings:1"}])
def test_a_page_that_was_opened_before_the_words_changed_allows_nothing(
    site: Any, later: Callable[[], None], worded: dict[str, str]
) -> None:
    site.sign_in()
    path = site.ask()
    token = token_in(site.browser.get(path))
    later()
    form = {"csrf": token, "item": "uber:ratings", "answer": "allow", **worded}
    again = site.browser.post(path, data=form)
    assert again.status_code == 409
    assert "The words have changed since this page was opened" in again.text
    assert "Stars, newly." in again.text
    assert "checked" not in again.text
    assert site.world.grants.of_worker(site.alex) == []
    assert post(site.browser, path, path, {"item": "uber:ratings", "answer": "allow"}).status_code == 303


def test_the_receipt_keeps_the_words_and_the_actors_name(site: Any, later: Callable[[], None]) -> None:
    grant = given(site)
    later()
    record = site.world.grants.find(grant.id)
    receipt = receipt_of(record, subject="w", intermediary=Party(name="G", url="https://g.example"), at=site.clock())
    controller, purpose, (item,) = (
        receipt[name] for name in ("dpv:hasDataController", "dpv:hasPurpose", "dpv:hasPersonalData")
    )
    assert (controller["gigway:tradingName"], controller["dct:hasVersion"]) == ("Nordic Staffing", 1)
    assert (purpose["dct:title"], purpose["dct:hasVersion"]) == ("Finding work", 1)
    assert (item["dct:title"], item["dct:description"][:20]) == ("Ratings", "The marks you were g")


@pytest.mark.anyio
async def test_the_log_keeps_the_words(site: Any, later: Callable[[], None]) -> None:
    grant = given(site)
    session = asking(actor_id="acme", client_id=site.client.client_id, grant_id=grant.id)
    (decision,) = await site.world.gate.acquire([about("account-1", "ratings")], session)
    await site.world.gate.release([decision.permit], session, {decision.permit: {"ratings": 1}})
    await site.world.gate.acknowledge([decision.permit], session)
    later()
    (record,) = site.world.log.page(site.alex).records
    assert (record.actor_name, record.category_title, record.purpose_title) == (
        "Nordic Staffing",
        "Ratings",
        "Finding work",
    )
    page = site.browser.get("/me/log").text
    assert "<strong>Ratings</strong>" in page
    assert "<div>Finding work</div>" in page


def test_every_version_of_an_actor_is_kept(site: Any) -> None:
    rename(site)
    with site.engine.connect() as connection:
        kept = connection.execute(
            text("SELECT version, trading_name FROM actor_version WHERE actor_id = :id ORDER BY version"),
            {"id": "acme"},
        ).all()
    assert [tuple(row) for row in kept] == [(1, "Nordic Staffing"), (2, "Southern Staffing")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE actor SET trading_name = 'Other'",
        "UPDATE actor SET contact = 'other@example.org'",
        "UPDATE actor SET version = 0",
        "UPDATE actor_version SET trading_name = 'Other'",
        "DELETE FROM actor_version",
        "UPDATE consent_grant SET actor_version = 2",
    ],
)
def test_nobody_rewords_what_was_shown(site: Any, statement: str) -> None:
    given(site)
    rename(site)
    with pytest.raises(DBAPIError, match="consent: "), site.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.anyio
async def test_a_renamed_actor_is_one_in_the_log_and_found_by_each_of_its_names(
    site: Any, later: Callable[[], None]
) -> None:
    async def read() -> None:
        grant = max(site.world.grants.of_worker(site.alex), key=lambda each: each.actor_version)
        session = asking(actor_id="acme", client_id=site.client.client_id, grant_id=grant.id)
        (decision,) = await site.world.gate.acquire([about("account-1", "ratings")], session)
        await site.world.gate.release([decision.permit], session, {decision.permit: {"ratings": 1}})
        await site.world.gate.acknowledge([decision.permit], session)

    given(site)
    await read()
    later()
    site.allow("uber:ratings")
    await read()
    assert site.world.log.actors(site.alex) == [("acme", "Southern Staffing / Nordic Staffing")]
    page = site.browser.get("/me/log?actor=acme").text
    assert '<option value="acme" selected>Southern Staffing / Nordic Staffing</option>' in page
    assert "2 entries" in page
    for searched, count in (("southern", "2 entries"), ("nordic", "1 entry"), ("eastern", "0 entries")):
        assert count in site.browser.get(f"/me/log?text={searched}").text


@pytest.mark.anyio
async def test_who_was_turned_away_is_in_the_log_under_the_name_of_that_time(site: Any) -> None:
    async def turned_away(category: str) -> None:
        site.clock.now = datetime.now(UTC)  # the database dates an actor's versions itself
        site.sign_in()
        session = asking(actor_id="acme", client_id=site.client.client_id)
        (decision,) = await site.world.gate.acquire([about("account-1", category)], session)
        assert decision.permit is None

    await turned_away("ratings")
    rename(site)
    await turned_away("engagements")
    new, old = site.world.log.page(site.alex).records
    assert (old.category, old.actor_name, old.grant_id) == ("ratings", "Nordic Staffing", None)
    assert (new.category, new.actor_name, new.grant_id) == ("engagements", "Southern Staffing", None)
    assert site.world.log.actors(site.alex) == [("acme", "Southern Staffing / Nordic Staffing")]
    for searched, count in (("southern", "2 entries"), ("nordic", "1 entry")):
        assert count in site.browser.get(f"/me/log?text={searched}").text
