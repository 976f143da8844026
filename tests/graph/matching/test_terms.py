"""Place, hours, pay and what is not wanted: a worked example of each in both directions is in `docs/skills.md`."""

from dataclasses import fields, replace
from decimal import Decimal

import pytest

from graph.errors import InvalidArgumentError
from graph.market.gazetteer import cities, find_city
from graph.matching.model import opportunities_of, rank
from graph.matching.preferences import PLAIN, Preferences, Remote
from graph.matching.profile import Profile
from graph.matching.terms import Offers, Wishes, fit
from graph.matching.text import explain_match
from graph.matching.worker_index import judge
from graph.model import Pay, PayPeriod

NOBODY = Profile(low={}, held=frozenset(), practice={})


@pytest.fixture
def offer(graph):
    """Work on site in Malmö, 40 hours, 20 to 30 EUR an hour."""
    some = graph.opportunities["opportunity:night-dispatcher"]
    pay = Pay(min=Decimal(20), max=Decimal(30), currency="EUR", per=PayPeriod.HOUR)
    return replace(some, place="Malmö", remote=False, hours_per_week=40, pay=pay)


def values(graph, offer, **wishes):
    found = judge(graph, replace(NOBODY, preferences=Preferences(**wishes)), offer)
    return None if found is None else {each.name: each.value for each in found.features}


def test_distance_halves_every_30_kilometres(graph, offer):
    assert values(graph, offer, place="Malmö")["place"] == 1.0
    assert values(graph, offer, place="Lund")["place"] == pytest.approx(0.5 ** (15.6 / 30), abs=0.01)
    assert values(graph, offer, place="Stockholm")["place"] == pytest.approx(0, abs=1e-4)
    assert values(graph, offer)["place"] == 0.5
    assert values(graph, replace(offer, place="Nowhere-on-Sea"), place="Lund")["place"] == 0.5


def test_what_can_be_done_from_elsewhere_is_near_everybody_who_wants_that(graph, offer):
    remote = replace(offer, remote=True, place=None)
    assert values(graph, remote, place="Tokyo")["place"] == 1.0
    assert values(graph, remote, place="Tokyo", remote=Remote.NEVER) is None
    assert values(graph, replace(remote, place="Lund"), place="Lund", remote=Remote.NEVER)["place"] == 1.0


@pytest.mark.parametrize(
    ("wishes", "found"),
    [
        ({"farthest_km": 10, "place": "Lund"}, False),
        ({"farthest_km": 20, "place": "Lund"}, True),
        ({"remote": Remote.ONLY}, False),
        ({"looking": False}, False),
        ({"least_pay": 31.0, "currency": "EUR"}, False),
        ({"least_pay": 30.0, "currency": "EUR"}, True),
        ({"least_pay": 31.0, "currency": "SEK"}, True),
    ],
)
def test_wishes_exclude(graph, offer, wishes, found):
    assert (values(graph, offer, **wishes) is not None) == found


def test_unwanted_kinds_are_left_out_in_both_directions(graph, offer, now):
    unwilling = replace(NOBODY, preferences=Preferences(unwanted=frozenset({offer.occupation})))
    assert judge(graph, unwilling, offer) is None
    offered = {each.opportunity.occupation for _, each in rank(graph, unwilling, now)}
    assert offer.occupation not in offered
    assert offer.occupation in {each.opportunity.occupation for _, each in rank(graph, NOBODY, now)}


def test_hours_and_pay_by_share(graph, offer):
    assert values(graph, offer, hours_per_week=10)["hours"] == 0.25
    assert values(graph, offer, hours_per_week=40)["hours"] == 1.0
    assert values(graph, offer, hours_per_week=80)["hours"] == 0.5, "half of the hours that are wanted"
    assert values(graph, offer, hours_per_week=0)["hours"] == 0.0
    assert values(graph, replace(offer, hours_per_week=0), hours_per_week=0)["hours"] == 0.0
    assert values(graph, offer)["hours"] == 0.5
    assert values(graph, replace(offer, hours_per_week=None))["hours"] == 1.0
    assert values(graph, offer)["pay"] == 1.0
    assert values(graph, offer, least_pay=25.0, currency="EUR")["pay"] == 0.5
    assert values(graph, offer, least_pay=12.0, currency="EUR")["pay"] == 1.0
    assert values(graph, offer, least_pay=12.0, currency="SEK")["pay"] == 0.5
    monthly = replace(offer, pay=Pay(min=Decimal(3200), max=Decimal(4800), currency="EUR", per=PayPeriod.MONTH))
    assert values(graph, monthly, least_pay=25.0, currency="EUR")["pay"] == 0.5


@pytest.mark.parametrize("wanted", [None, 0, 5, 40, 60])
@pytest.mark.parametrize("offered", [None, 1, 40, 80])
def test_hours_count_alike_in_both_directions(graph, offer, now, wanted, offered):
    wishes, work = Preferences(hours_per_week=wanted), replace(offer, hours_per_week=offered, remote=True)
    market = graph.with_market(replace(graph.market, opportunities=(work,)))
    profile = replace(NOBODY, preferences=wishes)
    ((_, match),) = rank(market, profile, now)
    assert judge(market, profile, work).features == match.features
    assert 0 <= {each.name: each.value for each in match.features}["hours"] <= 1


def test_the_explanation_says_where_hours_differ(graph, offer, now):
    work = replace(offer, remote=True)
    market = graph.with_market(replace(graph.market, opportunities=(work,)))

    def told(**wishes):
        ((_, match),) = rank(market, replace(NOBODY, preferences=Preferences(**wishes)), now)
        return explain_match(market, work, match.missing, match.features, wishes=match.wishes)

    assert "It takes 40 hours a week, and 20 are wanted." in told(hours_per_week=20)
    assert "hours a week" not in told(hours_per_week=40)
    assert "hours a week" not in told()


def test_one_against_many_is_many_against_one(graph):
    offers = list(graph.opportunities.values())
    wishes = Preferences(place="Lund", hours_per_week=20, least_pay=18, currency="EUR")
    together = fit(Wishes.of([wishes]), Offers.of(offers))
    for number, each in enumerate(offers):
        alone = fit(Wishes.of([wishes, PLAIN]), Offers.of([each]))
        assert alone.allowed[0] == together.allowed[number]
        for name, row in together.values.items():
            assert alone.values[name][0] == row[number]


def test_nothing_about_the_person_can_be_an_input():
    """What matching reads is exactly this; an attribute of the person would have to be added here first."""
    assert {each.name for each in fields(Profile)} == {
        *("low", "held", "practice", "performance", "licensed", "preferences"),
    }
    assert {each.name for each in fields(Preferences)} == {
        *("place", "farthest_km", "remote", "hours_per_week", "least_pay", "currency", "unwanted", "looking"),
    }
    with pytest.raises(InvalidArgumentError, match="no such preference: age"):
        Preferences.from_json({"age": 30})


def test_profiles_come_back_from_their_bytes(graph, now):
    profile = Profile(
        low={next(iter(graph.skills)): 0.5},
        held=frozenset(list(graph.skills)[:1]),
        practice={next(iter(graph.occupations)): 12.25},
        performance=0.3,
        preferences=Preferences(place="Lund", farthest_km=50, unwanted=frozenset(list(graph.occupations)[:2])),
    )
    assert Profile.from_bytes(profile.to_bytes()) == profile
    with pytest.raises(ValueError, match="another format"):
        Profile.from_bytes(b'{"format": 99}')
    assert len(opportunities_of(graph).rank(profile, now)) > 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"place": "Atlantis"}, "city"),
        ({"farthest_km": "far"}, "number"),
        ({"farthest_km": -1}, "from 0"),
        ({"hours_per_week": 200}, "from 0 to 80"),
        ({"least_pay": 10}, "currency"),
        ({"least_pay": "NaN", "currency": "EUR"}, "from 0"),
        ({"currency": "euro"}, "three letters"),
        ({"remote": "SOMETIMES"}, "ANY, ONLY and NEVER"),
        ({"unwanted": ["x"] * 51}, "At most 50"),
        ({"unwanted": [1]}, "At most 50"),
    ],
)
def test_wrong_wishes_are_refused_with_what_would_be_right(given, message):
    with pytest.raises(InvalidArgumentError, match=message):
        Preferences.from_json(given)


def test_cities_are_found_by_any_of_their_names():
    assert find_city("göteborg") == find_city("GOTHENBURG") == find_city("Gothenburg, SE")
    assert find_city("Gothenburg, NO") is find_city("") is find_city(None) is find_city("x" * 10_000) is None
    assert all(-90 <= each.latitude <= 90 and -180 <= each.longitude <= 180 for each in cities())


def test_every_place_of_the_built_in_market_is_on_the_list(graph):
    assert [each.place for each in graph.opportunities.values() if each.place and not find_city(each.place)] == []
