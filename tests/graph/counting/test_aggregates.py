from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from graph.counting.aggregates import K, Quantiles, Suppressed, quantiles_of


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
