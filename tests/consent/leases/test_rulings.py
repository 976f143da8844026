"""A decision serves all equal questions, and none that differs; it holds until a grant runs out."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from consent.leases.decision import Asker, Question
from consent.leases.rulings import Rulings
from consent.leases.store import LeaseStore
from tests.consent.conftest import World, about, asking

pytestmark = pytest.mark.anyio

ASKER = Asker(kind="actor", actor_id="acme", client_id="acme-app", purpose="job_matching")
QUESTION = Question(asker=ASKER, account_id="u1", platform="uber", categories=frozenset({"ratings"}))
ENGAGEMENTS = replace(QUESTION, categories=frozenset({"engagements"}))
OTHER: dict[str, Any] = {
    "kind": "worker",
    "categories": frozenset({"ratings", "profile"}),
    "counting": True,
    "account_id": None,
    "platform": None,
}


@pytest.mark.parametrize("name", [each.name for each in fields(Question) if each.name != "asker"])
def test_different_questions_are_told_apart(name: str) -> None:
    assert replace(QUESTION, **{name: OTHER.get(name, "other")}).matter != QUESTION.matter


@pytest.mark.parametrize("name", [each.name for each in fields(Asker)])
def test_askers_are_told_apart_but_not_by_their_requests(name: str) -> None:
    other = replace(QUESTION, asker=replace(ASKER, **{name: OTHER.get(name, "other")}))
    assert (other.matter == QUESTION.matter) == (name in ("request_id", "token_ref"))


async def test_each_request_is_logged_as_itself(world: World, driver: str) -> None:
    world.give(driver, [("uber", "engagements")])
    sessions = [asking() for _ in range(3)]
    permits = []
    for session in sessions:
        (decision,) = await world.gate.acquire([about("u1", "engagements")], session)
        permits.append(decision.permit)
        await world.gate.release([decision.permit], session, {decision.permit: {"gig:engagements": 1}})
    assert len({permit.leases[0].id for permit in permits}) == 3
    assert world.open_leases() == 3
    await world.gate.acknowledge(permits, sessions[0])
    assert [event.request_id for event in world.events()] == [session.request_id for session in sessions]


async def test_a_decision_ends_with_each_grant_that_it_rests_on(world: World, driver: str) -> None:
    """Nothing is written meanwhile, so what is known of the grants stays the same."""
    world.give(driver, [("uber", "earnings"), ("uber", "ratings")], days=1)
    lasting = world.give(driver, [("uber", "earnings")], days=2)
    session = asking()
    told = []
    for _ in range(3):
        for _ in range(2):
            (decision,) = await world.gate.acquire([about("u1", "earnings", "ratings")], session)
            leases = decision.permit.leases if decision.permit is not None else ()
            told.append((sorted(decision.allowed), {lease.terms.grant_id for lease in leases} >= {lasting.id}))
            if decision.permit is not None:
                await world.gate.acknowledge([decision.permit], session)
        world.clock.advance(timedelta(days=1))
    first, second, third = (["gig:earnings", "gig:ratings"], True), (["gig:earnings"], True), ([], False)
    assert told == [first, first, second, second, third, third]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_grant SET status = 'revoked', ended_at = granted_at",
        "UPDATE subject_gate SET open = FALSE",
        "UPDATE platform_gate SET open = FALSE WHERE platform = 'uber'",
        "INSERT INTO client_gate (client_id, open, updated_at) VALUES ('acme-app', FALSE, '2030-05-01 12:00:00')",
        "UPDATE actor SET status = 'suspended'",
        "UPDATE worker SET status = 'erased'",
    ],
)
def test_no_decision_rests_on_what_has_ended(world: World, store: LeaseStore, statement: str) -> None:
    rulings: Rulings | None = None
    allowed: list[bool] = []
    for ending in ("", "", statement):
        if ending:
            with world.engine.begin() as connection:
                connection.execute(text(ending))
        if store.begin() or rulings is None:
            rulings = Rulings(store)
        (ruling,) = rulings.give([ENGAGEMENTS], world.clock() + timedelta(minutes=1))
        allowed.append(bool(ruling.terms))
        store.write(leases=(), events=(), closed=())
    assert allowed == [True, True, False]


def test_different_askers_of_one_transaction_are_told_apart(world: World, store: LeaseStore) -> None:
    world.actor("other")
    stranger = replace(ENGAGEMENTS, asker=replace(ASKER, actor_id="other", client_id="other-app"))
    store.begin()
    rulings = Rulings(store)
    for asked in ([ENGAGEMENTS], [stranger, ENGAGEMENTS], [ENGAGEMENTS, stranger]):
        allowed = [bool(ruling.terms) for ruling in rulings.give(asked, world.clock())]
        assert allowed == [each.asker.actor_id == "acme" for each in asked]
    store.write(leases=(), events=(), closed=())
