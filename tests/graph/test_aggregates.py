from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.aggregates import STEP, K, Quantiles, Share, Suppressed, quantiles_of, share_of


def people(count, true):
    return {f"w{number}": number < true for number in range(count)}


@pytest.mark.parametrize(
    ("count", "true", "expected"),
    [
        (9, 4, Suppressed(reason="TOO_FEW")),
        (30, 9, Suppressed(reason="TOO_FEW")),
        (30, 0, Suppressed(reason="TOO_FEW")),
        (30, 21, Suppressed(reason="REST_TOO_FEW")),
        (30, 30, Suppressed(reason="REST_TOO_FEW")),
        (30, 10, Share(count=10, total=30)),
        (101, 52, Share(count=50, total=100)),
    ],
)
def test_small_groups_and_small_rests_are_not_told(count, true, expected):
    assert share_of(people(count, true)) == expected


@given(st.integers(0, 200), st.integers(0, 200))
def test_whatever_is_told_is_about_many_and_their_rest_is_many(count, true):
    true = min(true, count)
    told = share_of(people(count, true))
    if isinstance(told, Share):
        assert true >= K
        assert count - true >= K
        assert told.count % STEP == told.total % STEP == 0


def test_one_contributor_counts_once_however_much_they_bring():
    flood = [("rich", Decimal(1_000))] * 500 + [(f"w{n}", Decimal(10)) for n in range(8)]
    assert quantiles_of(flood) == Suppressed(reason="TOO_FEW")
    flood += [(f"v{n}", Decimal(10)) for n in range(8)]
    assert quantiles_of(flood).middle == Decimal(10)


@given(st.lists(st.decimals(0, 1_000, places=2), max_size=60))
def test_quantiles_are_ordered_within_the_values_and_of_many(values):
    told = quantiles_of((f"w{n}", value) for n, value in enumerate(values))
    if len(values) < K:
        assert told == Suppressed(reason="TOO_FEW")
    else:
        assert isinstance(told, Quantiles)
        assert min(values) <= told.lower <= told.middle <= told.upper <= max(values)


def test_no_quantile_is_one_persons_pay():
    values = [Decimal(n * n + 7) for n in range(12)]
    told = quantiles_of((f"w{n}", value) for n, value in enumerate(values))
    assert not {told.lower, told.middle, told.upper} & set(values)
