"""No amount in one currency is ever compared with, added to or ranked against one in another.

Each comparison of money is put to the same test: what is in another currency becomes a thousand times as much, and
nothing that is in the asked currency changes.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from graph.counting.pay import pay_for
from graph.evidence.estimate import assess
from graph.evidence.facts import read_facts
from graph.market.demand import Demand
from graph.matching.model import rank
from graph.matching.preferences import Preferences
from graph.matching.profile import Profile
from graph.matching.text import explain_match
from graph.matching.worker_index import judge
from graph.model import OpportunityId, Pay, PayPeriod
from graph.pathways.planning import find_plans
from graph.pathways.plans import Conditions, goal_of
from graph.pathways.worth import HOUR_VALUE, worth_in
from graph.subgraph import build_schema


def paid(offer, currency, factor=1):
    pay = offer.pay
    return replace(offer, pay=Pay(min=pay.min * factor, max=pay.max * factor, currency=currency, per=pay.per))


def mixed(graph, factor):
    """The built-in market, and each opening and programme once more in SEK, `factor` times as dear."""
    offers = graph.market.opportunities
    more = [replace(paid(each, "SEK", factor), id=OpportunityId(f"{each.id}-sek")) for each in offers]
    courses = [
        replace(each, id=f"{each.id}-sek", currency="SEK", cost=each.cost * factor) for each in graph.market.training
    ]
    return graph.with_market(
        replace(graph.market, opportunities=(*offers, *more), training=(*graph.market.training, *courses))
    )


@pytest.fixture(scope="module")
def pair(graph):
    return mixed(graph, 11), mixed(graph, 11_000)


@pytest.fixture(scope="module")
def driver(graph, rides, now):
    return assess(graph, read_facts([{"evidence": [rides]}]), now)


def test_plans_are_in_one_currency(pair, driver, now):
    found = [
        find_plans(
            graph,
            driver,
            goal_of(graph, graph.opportunities["opportunity:night-dispatcher"]),
            conditions=Conditions(currency="EUR"),
            now=now,
        )
        for graph in pair
    ]
    plain = [
        [
            (plan.cost, plan.objective, [(s.title, s.why, s.opens_count, [o.id for o in s.opens]) for s in plan.steps])
            for plan in plans
        ]
        for plans in found
    ]
    assert plain[0] == plain[1]
    assert {step.training.currency for step in found[0][0].steps if step.training} == {"EUR"}


def test_what_a_step_opens_names_the_best_paid_in_the_plan_s_currency_first(pair, driver, now):
    for graph in pair:
        goal = goal_of(graph, graph.opportunities["opportunity:night-dispatcher"])
        for currency in ("EUR", "SEK"):
            plan = find_plans(graph, driver, goal, conditions=Conditions(currency=currency), now=now)[0]
            opened = [step.opens for step in plan.steps if step.opens]
            assert opened
            for each in opened:
                own = [offer.pay.per_hour for offer in each if offer.pay.currency == currency]
                assert own == sorted(own, reverse=True)
                assert [offer.pay.currency == currency for offer in each] == [True] * len(own) + [False] * (
                    len(each) - len(own)
                )


def test_a_plan_in_another_currency_weighs_hours_and_changes_of_job_in_it(graph, pair, driver):
    """Everything eleven times as dear, an hour too: the same plan, eleven times the objective."""
    (mixed_market, _), offer = pair, "opportunity:night-dispatcher"
    euro, krona = (
        find_plans(
            mixed_market,
            driver,
            goal_of(mixed_market, mixed_market.opportunities[offer]),
            conditions=Conditions(currency=currency),
        )[0]
        for currency in ("EUR", "SEK")
    )
    assert [s.title for s in euro.steps] == [s.title for s in krona.steps]
    hour = worth_in(mixed_market, "SEK").hour
    assert hour == pytest.approx(11 * HOUR_VALUE, rel=0.01)
    training = sum(step.hours for step in krona.steps if step.training)
    assert krona.cost == 11 * euro.cost
    assert krona.objective == pytest.approx(float(krona.cost) + hour * training, abs=0.01)


def test_a_plan_in_a_currency_of_which_nothing_is_known_says_that_an_hour_is_a_guess(graph, driver):
    offer = graph.opportunities["opportunity:night-dispatcher"]
    yen = graph.with_market(
        replace(graph.market, training=tuple(replace(each, currency="JPY") for each in graph.market.training))
    )
    told = find_plans(yen, driver, goal_of(yen, offer))[0].explanation
    assert "An hour was counted as 12 JPY, a guess: too little work here is paid in JPY to tell." in told
    said = find_plans(yen, driver, goal_of(yen, offer), conditions=Conditions(hour_value=Decimal(2_000)))[0].explanation
    assert "guess" not in said
    assert "guess" not in find_plans(graph, driver, goal_of(graph, offer))[0].explanation


def test_pay_in_another_currency_neither_excludes_nor_recommends_and_is_told(graph, now):
    wishes = Preferences(least_pay=18.0, currency="EUR")
    profile = Profile(low={}, held=frozenset(), practice={}, preferences=wishes)
    offer = next(each for each in graph.opportunities.values() if each.pay.per is PayPeriod.HOUR)
    for factor in ("0.001", "1", "1000"):
        other = paid(offer, "SEK", Decimal(factor))
        offered = graph.with_market(replace(graph.market, opportunities=(other,)))
        ((_, match),) = rank(offered, profile, now)
        assert {each.name: each.value for each in match.features}["pay"] == 0.5
        told = explain_match(offered, match.opportunity, match.missing, match.features, None, match.wishes)
        assert "It pays in SEK, which is not compared with the least pay, in EUR" in told
        judged = judge(offered, profile, other)
        assert judged is not None
        assert judged.features == match.features


def test_ranking_depends_on_pay_in_the_wished_currency_only(pair, now):
    wishes = Preferences(least_pay=20.0, currency="EUR")
    profile = Profile(low={}, held=frozenset(), practice={}, preferences=wishes)
    one, other = ([(match.opportunity.id, match.score) for _, match in rank(graph, profile, now)] for graph in pair)
    assert one == other


def test_tracks_are_compared_in_one_currency(pair):
    asked = [
        [
            [(each.occupation, each.value, each.pay_per_hour) for each in demand.tracks(currency=currency)]
            for currency in (None, "EUR", "SEK", "JPY")
        ]
        for demand in (Demand(graph, graph.market.postings) for graph in pair)
    ]
    (_, euro, krona, yen), (_, again, dear, _) = asked
    assert euro == again
    assert [each[:1] for each in krona] == [each[:1] for each in dear]
    assert krona != dear
    assert {(value, pay) for _, value, pay in yen} == {(0.0, None)}
    for graph in pair:
        assert {each.currency for each in Demand(graph, graph.market.postings).tracks()} <= {"EUR", "SEK", None}
        assert len({each.currency for each in Demand(graph, graph.market.postings).tracks() if each.currency}) == 1


def test_pay_guidance_is_in_one_currency(graph, now):
    skill = next(iter(graph.opportunities["opportunity:night-dispatcher"].required))
    offer = graph.opportunities["opportunity:night-dispatcher"]

    def quarters(factor):
        euro = [replace(offer, id=OpportunityId(f"e{number}")) for number in range(12)]
        krona = [replace(paid(offer, "SEK", factor), id=OpportunityId(f"s{number}")) for number in range(12)]
        many = graph.with_market(replace(graph.market, opportunities=(*euro, *krona)))
        return pay_for(many, skill, None, "EUR", now)

    assert quarters(1) == quarters(1_000)


def test_filters_take_an_amount_in_another_currency_for_one_that_does_not_fit(pair, now, run_async):
    query = """{
      opportunities(first: 100, filter: {minPayPerHour: {amount: "0", currency: "SEK"}}) { nodes { pay { currency } } }
      training(first: 100, filter: {maxCost: {amount: "100000000", currency: "EUR"}}) { nodes { cost { currency } } }
    }""".replace("nodes {", "edges { node {").replace("} }\n", "} } }\n")
    data = run_async(build_schema(pair[1], lambda: now).execute(query)).data
    assert {each["node"]["pay"]["currency"] for each in data["opportunities"]["edges"]} == {"SEK"}
    assert {each["node"]["cost"]["currency"] for each in data["training"]["edges"]} == {"EUR"}
