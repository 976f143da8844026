"""`decide`, one field off at a time (attack 67), and the order of grants and reasons."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.leases.decision import Asker, Cover, Decision, GrantState, GrantTerms, Question, SubjectFacts, decide

NOW = datetime(2030, 5, 1, tzinfo=UTC)
TERMS = GrantTerms(
    id="g1",
    worker_id="anna",
    actor_id="acme",
    client_id="acme-app",
    purpose="job_matching",
    items={("uber", "engagements"): True, ("uber", "ratings"): False, ("upwork", "skills"): True},
)
GRANT = GrantState(terms=TERMS, live=True, expires_at=NOW + timedelta(days=1))
ASKER = Asker(kind="actor", actor_id="acme", client_id="acme-app", purpose="job_matching")
QUESTION = Question(asker=ASKER, account_id="u1", platform="uber", categories=frozenset({"engagements"}))
FACTS = SubjectFacts(
    worker_id="anna",
    worker_live=True,
    account_platform="uber",
    account_open=True,
    platform_open=True,
    asker_open=True,
    grants=(GRANT,),
)
ALLOWED = Decision(covers=(Cover(grant=GRANT, categories=frozenset({"engagements"})),))


def denied(reason: str, category: str = "engagements") -> Decision:
    return Decision(denied={category: reason})


def test_everything_fits() -> None:
    assert decide(QUESTION, FACTS, NOW) == ALLOWED


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ({"asker": replace(ASKER, purpose=None)}, "PURPOSE_MISSING"),
        ({"asker": replace(ASKER, purpose="training")}, "NOT_GRANTED"),
        ({"asker": replace(ASKER, purpose="self")}, "NOT_GRANTED"),
        ({"asker": replace(ASKER, actor_id="umbra")}, "NOT_GRANTED"),
        ({"asker": replace(ASKER, actor_id=None)}, "CLIENT_SUSPENDED"),
        ({"asker": replace(ASKER, client_id=None)}, "CLIENT_SUSPENDED"),
        ({"asker": replace(ASKER, grant_id="g2")}, "NOT_GRANTED"),
        ({"asker": replace(ASKER, kind="worker", worker_id="anna")}, "NOT_GRANTED"),
        ({"asker": replace(ASKER, kind="worker", worker_id="bo", purpose="self")}, "NOT_GRANTED"),
        ({"platform": "upwork"}, "NOT_GRANTED"),
        ({"account_id": None}, "NOT_GRANTED"),
        ({"categories": frozenset({"earnings"})}, "NOT_GRANTED"),
        ({"categories": frozenset({"ratings"})}, "REFUSED"),
        ({"categories": frozenset({"skills"})}, "NOT_GRANTED"),
        ({"categories": frozenset({"emotional_state"})}, "NOT_GRANTED"),
        ({"categories": frozenset({"unheard_of"})}, "NOT_GRANTED"),
    ],
)
def test_question_one_field_off(question: dict[str, object], reason: str) -> None:
    asked = replace(QUESTION, **question)
    (category,) = asked.categories
    assert decide(asked, FACTS, NOW) == denied(reason, category)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"worker_id": None}, "NOT_GRANTED"),
        ({"worker_live": False}, "NOT_GRANTED"),
        ({"worker_id": "bo"}, "NOT_GRANTED"),
        ({"account_platform": "upwork"}, "NOT_GRANTED"),
        ({"account_platform": None}, "NOT_GRANTED"),
        ({"account_open": False}, "ACCOUNT_CLOSED"),
        ({"platform_open": False}, "PLATFORM_SUSPENDED"),
        ({"asker_open": False}, "CLIENT_SUSPENDED"),
        ({"closed_clients": frozenset({"acme-app"})}, "CLIENT_SUSPENDED"),
        ({"grants": ()}, "NOT_GRANTED"),
        ({"grants": (replace(GRANT, live=False),)}, "ENDED"),
        ({"grants": (replace(GRANT, expires_at=NOW),)}, "EXPIRED"),
        ({"grants": (replace(GRANT, terms=replace(TERMS, items={})),)}, "NOT_GRANTED"),
        ({"grants": (), "past": (replace(GRANT, live=False),)}, "ENDED"),
        ({"grants": (), "past": (replace(GRANT, live=False, expired=True),)}, "EXPIRED"),
    ],
)
def test_facts_one_field_off(facts: dict[str, object], reason: str) -> None:
    assert decide(QUESTION, replace(FACTS, **facts), NOW) == denied(reason)


@pytest.mark.parametrize("shut", [{"account_open": False}, {"platform_open": False}])
def test_state_of_account_stays_hidden_without_grant(shut: dict[str, bool]) -> None:
    """Without any grant the reason is the same for a worker who does not exist and one whose account is closed."""
    nothing = replace(FACTS, grants=(), **shut)
    nobody = SubjectFacts(asker_open=True)
    assert decide(QUESTION, nothing, NOW) == decide(QUESTION, nobody, NOW) == denied("NOT_GRANTED")


def test_suspended_client_learns_nothing_of_workers() -> None:
    known = replace(FACTS, asker_open=False)
    assert decide(QUESTION, known, NOW) == decide(QUESTION, SubjectFacts(), NOW) == denied("CLIENT_SUSPENDED")


def test_grant_that_expires_last_is_taken() -> None:
    longer = replace(GRANT, terms=replace(TERMS, id="g0"), expires_at=NOW + timedelta(days=9))
    decision = decide(QUESTION, replace(FACTS, grants=(GRANT, longer, GRANT)), NOW)
    assert decision.covers == (Cover(grant=longer, categories=frozenset({"engagements"})),)


def test_two_grants_cover_two_categories() -> None:
    other = replace(GRANT, terms=replace(TERMS, id="g2", items={("uber", "profile"): True}))
    asked = replace(QUESTION, categories=frozenset({"engagements", "profile"}))
    decision = decide(asked, replace(FACTS, grants=(GRANT, other)), NOW)
    assert {cover.grant.terms.id: cover.categories for cover in decision.covers if cover.grant} == {
        "g1": {"engagements"},
        "g2": {"profile"},
    }
    assert decision.denied == {}


def test_internal_source_needs_the_category_on_any_platform() -> None:
    asked = replace(QUESTION, account_id=None, worker_id="anna", platform=None, categories=frozenset({"skills"}))
    facts = replace(FACTS, account_platform=None, account_open=False, platform_open=False)
    assert decide(asked, facts, NOW).covers == (Cover(grant=GRANT, categories=frozenset({"skills"})),)
    assert decide(replace(asked, categories=frozenset({"earnings"})), facts, NOW) == denied("NOT_GRANTED", "earnings")


def test_workers_read_all_their_own_but_nothing_forbidden() -> None:
    asked = replace(
        QUESTION,
        asker=Asker(kind="worker", worker_id="anna", purpose="self"),
        categories=frozenset({"earnings", "emotional_state"}),
    )
    assert decide(asked, replace(FACTS, grants=()), NOW) == Decision(
        covers=(Cover(grant=None, categories=frozenset({"earnings"})),), denied={"emotional_state": "NOT_GRANTED"}
    )


FIELDS = {
    "worker": ("anna", "bo"),
    "actor": ("acme", "umbra"),
    "purpose": ("job_matching", "training"),
    "platform": ("uber", "upwork"),
    "category": ("engagements", "ratings"),
    "age": (timedelta(0), timedelta(days=2)),
    "live": (True, False),
    "granted": (True, False),
}


@pytest.mark.parametrize("choice", list(product(*(range(len(values)) for values in FIELDS.values()))))
def test_only_the_exact_grant_allows(choice: tuple[int, ...]) -> None:
    value = {name: FIELDS[name][position] for name, position in zip(FIELDS, choice, strict=True)}
    grant = GrantState(
        terms=GrantTerms(
            id="g",
            worker_id=value["worker"],
            actor_id=value["actor"],
            client_id="c",
            purpose=value["purpose"],
            items={(value["platform"], value["category"]): value["granted"]},
        ),
        live=value["live"],
        expires_at=NOW + timedelta(days=1),
    )
    decision = decide(QUESTION, replace(FACTS, grants=(grant,)), NOW + value["age"])
    assert bool(decision.covers) is not any(choice)
    assert set(decision.denied) == (frozenset() if not any(choice) else {"engagements"})


@given(
    categories=st.frozensets(st.sampled_from(["engagements", "ratings", "skills", "earnings", "emotional_state", "x"])),
    purpose=st.sampled_from([None, "job_matching", "training", "self"]),
    platform=st.sampled_from([None, "uber", "upwork"]),
    account=st.booleans(),
    opened=st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
)
def test_every_category_is_either_covered_or_denied(
    categories: frozenset[str],
    purpose: str | None,
    platform: str | None,
    account: bool,
    opened: tuple[bool, bool, bool, bool],
) -> None:
    asked = replace(
        QUESTION,
        asker=replace(ASKER, purpose=purpose),
        account_id="u1" if account else None,
        worker_id=None if account else "anna",
        platform=platform,
        categories=categories,
    )
    facts = replace(
        FACTS,
        account_platform="uber" if account else None,
        worker_live=opened[0],
        account_open=opened[1],
        platform_open=opened[2],
        asker_open=opened[3],
    )
    decision = decide(asked, facts, NOW)
    covered = [name for cover in decision.covers for name in cover.categories]
    assert sorted([*covered, *decision.denied]) == sorted(categories)
