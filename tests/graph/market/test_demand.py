import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import InvalidArgumentError
from graph.market.demand import Demand
from graph.market.forecast import METHODS, forecast
from graph.model import Month, Posting
from graph.schema.demand_types import demand_of


def named(graph, name):
    (found,) = graph.skill_names.exactly(name)
    return found


def occupation(graph, name):
    (found,) = graph.occupation_names.exactly(name)
    return found


def test_months_are_counted_over_years():
    november = Month.parse("2025-11")
    assert str(november.after(3)) == "2026-02"
    assert november.until(Month.parse("2027-01")) == 14
    for wrong in ("2025-13", "2025", "25-01", "x", "2025-1", ""):
        with pytest.raises(InvalidArgumentError):
            Month.parse(wrong)


def test_a_series_counts_every_opening_that_asks_for_the_skill(graph):
    dispatcher, skill = occupation(graph, "freight transport dispatcher"), named(graph, "schedule and dispatch drivers")
    postings = [
        Posting(
            month=Month(year=2026, month=month),
            region=region,
            occupation=dispatcher,
            openings=openings,
            simulated=False,
        )
        for month, region, openings in [(1, "A", 2), (1, "B", 3), (4, "A", 1)]
    ]
    demand = Demand(graph, postings)
    assert demand.series(skill).counts == (5, 0, 0, 1)
    assert not demand.series(skill).simulated
    assert demand.series(skill, "A").counts == (2, 0, 0, 1)
    assert demand.series(skill, "B").counts == (3, 0, 0, 0)
    assert (str(demand.series(skill).start), str(demand.series(skill).end)) == ("2026-01", "2026-04")
    assert demand.series(skill, "C") is None
    assert demand.series(named(graph, "typography")) is None
    assert demand.series(skill).forecast is None, "four months are too few"


def test_without_postings_there_is_no_demand(graph):
    demand = Demand(graph, [])
    assert demand.series(named(graph, "drive vehicles")) is None
    assert demand.unmet() == []


def test_built_in_demand_is_forecast_beside_the_naive_one(graph):
    series = demand_of(graph).series(named(graph, "drive vehicles"), "SE-AB")
    assert len(series.counts) == 36
    assert set(series.forecast.errors) == set(METHODS)
    assert series.forecast.errors[series.forecast.method] <= series.forecast.errors["naive"]
    assert sum(each.openings for each in graph.market.postings) > 1_000


def test_unmet_demand_falls_with_every_programme(graph):
    unmet = demand_of(graph).unmet("SE-M")
    scores = [each.score for each in unmet]
    assert scores == sorted(scores, reverse=True)
    for each in unmet:
        assert each.score == pytest.approx(each.expected / (1 + each.programmes), abs=0.01)


SERIES = st.lists(st.integers(0, 50), min_size=9, max_size=60)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(SERIES, st.integers(1, 3))
def test_a_forecast_is_never_worse_than_the_naive_one_on_the_past(counts, horizon):
    found = forecast(counts, horizon)
    assert found.errors[found.method] <= found.errors["naive"]
    assert all(0 <= low <= value <= high for low, value, high in zip(found.low, found.values, found.high, strict=True))
    assert len(found.values) == horizon
    assert found == forecast(counts, horizon)


def test_a_season_is_seen():
    counts = [30 if month % 12 == 6 else 2 for month in range(48)]
    found = forecast(counts, 12)
    assert found.method == "seasonal"
    assert found.values == tuple(float(each) for each in counts[36:])
    assert found.gain > 0.9


def test_rare_openings_are_forecast_by_their_rate():
    random = np.random.default_rng(11)
    counts = (random.random(60) < 0.25).astype(int) * 4
    for name in ("sba", "tsb", "mean"):
        assert 0.4 < METHODS[name](counts.astype(float), 1)[0] < 2.2, name


def test_what_has_stopped_fades_from_tsb_but_not_from_sba():
    counts = np.array([3.0] * 24 + [0.0] * 24)
    assert METHODS["tsb"](counts, 1)[0] < 0.1
    assert METHODS["sba"](counts, 1)[0] > 2


def test_nothing_stays_nothing():
    found = forecast([0] * 24, 3)
    assert (found.method, found.values, found.low, found.high) == ("naive", (0.0,) * 3, (0.0,) * 3, (0.0,) * 3)
    assert found.gain == 0


@pytest.mark.parametrize("horizon", [0, -1, 13])
def test_a_horizon_is_bounded(horizon):
    with pytest.raises(InvalidArgumentError):
        forecast([1] * 40, horizon)
