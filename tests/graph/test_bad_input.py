"""What nobody should send and somebody will: each has an answer that says what is the matter."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from graph.evidence.estimate import assess
from graph.evidence.facts import read_facts
from graph.evidence.text import explain_skill
from graph.linking.linker import linker_of
from graph.linking.titles import titles_of
from graph.market.market import read_market
from graph.market.words import MarketWords
from graph.matching.model import opportunities_of
from graph.model import Language
from graph.pathways.planning import find_plans
from graph.pathways.plans import StepKind, goal_of
from graph.wording import ENGLISH, words_in
from tests.graph.market.test_market import COURSE, NOW, OPENING, Feed, Published


@pytest.fixture(scope="module")
def driver(graph, rides, now):
    return assess(graph, read_facts([{"evidence": [rides]}]), now)


def test_one_gig_shows_little_and_says_so(graph, rides, now):
    once = rides | {"completed": 1, "cancelled": 0, "recent": 1, "hours": "0.4", "ratings": []}
    many = assess(graph, read_facts([{"evidence": [rides]}]), now).skills
    for skill, held in assess(graph, read_facts([{"evidence": [once]}]), now).skills.items():
        assert held.high - held.low > many[skill].high - many[skill].low
        assert held.low < many[skill].low


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ENGLISH,
            "in 2026-11, 1 in the last year, rated 5 of 5 (1 rating) where 4.79 is usual at uber. About 0.4 hours",
        ),
        (
            words_in(Language.SV),
            "i 2026-11, 1 det senaste året, med betyget 5 av 5 (1 betyg) där 4,79 är vanligt hos uber. "
            "Omkring 0,4 timmar",
        ),
    ],
)
def test_one_gig_is_told_as_one(graph, rides, now, words, told):
    rating = {"name": "driver rating", "value": "5", "min": "1", "max": "5", "sampleSize": 1}
    once = {"completed": 1, "cancelled": 0, "recent": 1, "hours": "0.4", "ratings": [rating], "terms": []}
    first = {"firstAt": "2026-11-20T00:00:00Z", "lastAt": "2026-11-20T00:00:00Z"}
    held = assess(graph, read_facts([{"evidence": [rides | once | first]}]), now)
    (skill,) = graph.skill_names.exactly("drive in urban areas")
    assert told in explain_skill(graph, held.skills[skill], words)


def test_nothing_and_nobody_is_planned_for_honestly(graph, now):
    nobody = assess(graph, read_facts(None), now)
    for target in graph.opportunities.values():
        for plan in find_plans(graph, nobody, goal_of(graph, target), count=1, now=now):
            assert plan.explanation
            assert plan.reachable or plan.steps[0].kind is StepKind.HELD


def test_opportunity_that_asks_for_everything_is_out_of_reach_and_says_how_near(graph, driver, now):
    anything = next(iter(graph.opportunities.values()))
    greedy = replace(anything, id="opportunity:greedy", title="Everything", required=frozenset(graph.skills))
    market = graph.with_market(replace(graph.market, opportunities=(*graph.market.opportunities, greedy)))
    (refusal,) = find_plans(market, driver, goal_of(market, greedy), now=now)
    assert not refusal.reachable
    assert f"of its {len(graph.skills)} skills" in refusal.explanation
    assert "and " in refusal.explanation
    assert "more." in refusal.explanation
    assert "Nearest goals within reach: " in refusal.explanation


def test_circle_of_prerequisites_is_never_a_plan(graph, driver, now):
    a = COURSE | {"ref": "a", "teaches": ["keep task records"], "after": ["b"]}
    b = COURSE | {"ref": "b", "teaches": ["schedule and dispatch drivers"], "after": ["c"]}
    c = COURSE | {"ref": "c", "teaches": ["manage dispatch software systems"], "after": ["a"]}
    wish = OPENING | {"requires": ["keep task records", "schedule and dispatch drivers"], "prefers": []}
    published = Published(feeds=[Feed("TRAINING", [a, b, c]), Feed("OPPORTUNITIES", [wish])])
    market = graph.with_market(read_market(published, MarketWords(graph), NOW).market)
    (target,) = market.opportunities.values()
    (refusal,) = find_plans(market, driver, goal_of(market, target), now=now)
    assert not refusal.reachable
    assert "No programme that can be begun here teaches" in refusal.explanation


def test_market_without_programmes_or_openings_has_no_plans_and_no_matches(graph, driver, now):
    empty = graph.with_market(replace(graph.market, training=(), opportunities=()))
    (occupation,) = graph.occupation_names.exactly("business consultant")
    (refusal,) = find_plans(empty, driver, goal_of(empty, graph.occupations[occupation]), now=now)
    assert not refusal.reachable
    assert len(opportunities_of(empty).opportunities) == 0


def test_dear_and_endless_programmes_are_not_taken_by_mistake(graph, driver, now):
    dear = COURSE | {"ref": "dear", "cost": "99999999.00", "hours": 100_000}
    market = graph.with_market(
        read_market(
            Published(feeds=[Feed("TRAINING", [dear]), Feed("OPPORTUNITIES", [OPENING])]), MarketWords(graph), NOW
        ).market
    )
    (target,) = market.opportunities.values()
    plan = find_plans(market, driver, goal_of(market, target), max_cost=Decimal(1_000), now=now)[0]
    assert not plan.reachable
    assert "not reachable within these limits" in plan.explanation


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t ",
        "ドライバーの配車計画を作成し、顧客に対応します。",
        "Водитель такси, организация перевозок",
        "سائق سيارة أجرة",
        "\x00\x01\ufffe",
        "🚕" * 5_000,
        "a" * 1_000_000,
        ("Você vai planejar rotas e atender clientes. " * 25_000)[:1_000_000],
    ],
    ids=["empty", "spaces", "japanese", "russian", "arabic", "controls", "emoji", "one word", "a megabyte"],
)
def test_text_in_any_script_and_of_any_length_is_answered_with_what_is_known(graph, text):
    links = linker_of(graph).link(text, limit=5)
    assert all(0 <= each.confidence <= 1 and each.skill in graph.skills for each in links)
    assert all(each.confidence < 0.9 for each in links), "nothing is sure about a language that is not there"
    assert all(each.occupation in graph.occupations for each in titles_of(graph).link(text))


def test_target_that_closes_while_one_learns_stays_a_target(graph, driver, now):
    target = next(each for each in graph.opportunities.values() if each.id == "opportunity:night-dispatcher")
    closing = replace(target, closes_at=now + timedelta(days=1))
    assert find_plans(graph, driver, goal_of(graph, closing), now=now)[0].reachable
