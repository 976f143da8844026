"""What one worker earns an hour: over accounts and kinds of work by hours, each currency apart, coarse."""

from decimal import Decimal

import pytest

from graph.counting.earned import MIN_HOURS, earned, read_paid_work
from graph.evidence.relevance import NAMED, OPTIONAL, skills_of
from tests.graph.conftest import GRAPHIC_DESIGNER, TAXI_DRIVER


def paid(hours, amount, *, occupation=TAXI_DRIVER, currency="EUR", terms=()):
    return {
        "kind": "RIDE",
        "occupation": {"scheme": "ESCO", "code": occupation, "label": "", "mapping": "EXACT"},
        "terms": list(terms),
        "currency": currency,
        "hours": hours,
        "amount": amount,
    }


def rates(graph, *accounts):
    work = list(read_paid_work([{"id": "x", "paidWork": each} for each in accounts]))
    return earned(graph, work), work


def test_accounts_are_put_together_by_hours(graph):
    """The example of `docs/skills.md`: 2,160 for 120 hours here and 840 for 40 there are 18.75 an hour."""
    pay, _ = rates(graph, [paid("120", "2160.00")], [paid("40", "840.00")])
    assert set(pay.values()) == {Decimal(19)}
    assert {currency for currency, _ in pay} == {"EUR"}


def test_currencies_are_kept_apart_and_skills_are_those_of_the_work(graph):
    pay, (first, *_) = rates(
        graph,
        [paid("100", "1800"), paid("50", "9000", currency="sek")],
        [paid("20", "900", occupation=GRAPHIC_DESIGNER)],
    )
    driving = {skill for skill, relevance in skills_of(graph, first).items() if relevance >= NAMED}
    assert {pay["EUR", skill] for skill in driving} == {Decimal(18)}
    assert {pay["SEK", skill] for skill in driving} == {Decimal(180)}
    design = {skill for currency, skill in pay if pay[currency, skill] == 45}
    assert design
    assert driving.isdisjoint(design)


def test_skills_that_are_optional_in_the_occupation_say_nothing_of_its_pay(graph):
    pay, (work,) = rates(graph, [paid("100", "1800")])
    optional = {skill for skill, relevance in skills_of(graph, work).items() if relevance == OPTIONAL}
    assert optional
    assert optional.isdisjoint(skill for _, skill in pay)


@pytest.mark.parametrize(("hours", "amount"), [("9.99", "500"), ("40", "0"), ("40", "-12.00")])
def test_a_few_hours_or_nothing_earned_count_for_nothing(graph, hours, amount):
    assert Decimal("9.99") < MIN_HOURS
    assert rates(graph, [paid(hours, amount)])[0] == {}


@pytest.mark.parametrize(
    "change",
    [
        {"hours": "0"},
        {"hours": "-5"},
        {"hours": "NaN"},
        {"hours": None},
        {"amount": "Infinity"},
        {"amount": "1e30"},
        {"amount": []},
        {"currency": "euro"},
        {"currency": None},
    ],
    ids=str,
)
def test_what_has_another_shape_costs_itself_only(graph, change):
    right = paid("100", "1800")
    assert rates(graph, [right | change, right], [right])[0] == rates(graph, [right])[0] != {}
    assert list(read_paid_work([None, {"paidWork": "x"}, {"paidWork": [7, None]}, {}])) == []
    assert list(read_paid_work("x")) == []
