"""Numbers about many that tell nothing about one: the smallest group that is told of, and quantiles over such groups.

Quantiles, never means or extremes, and only from `K` contributors. How counts of workers are told is
`counting.publication`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Literal

K = 10
"""The fewest contributors of any number that is told."""
STEP = 5
"""Counts are rounded to multiples of this, so that two answers do not differ by one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Not told: too few contributors."""

    reason: Literal["TOO_FEW"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """The quarters of a distribution over contributors."""

    lower: Decimal
    middle: Decimal
    upper: Decimal
    contributors: int
    """Rounded to a multiple of `STEP`."""


def quantiles_of(values: Iterable[tuple[str, Decimal]]) -> Quantiles | Suppressed:
    """Return the quarters of values by contributor; several of one contributor count as their median."""
    by_contributor: dict[str, list[Decimal]] = {}
    for contributor, value in values:
        by_contributor.setdefault(contributor, []).append(value)
    if len(by_contributor) < K:
        return Suppressed(reason="TOO_FEW")
    ordered = sorted(Decimal(median(each)) for each in by_contributor.values())
    return Quantiles(
        lower=quarter_of(ordered, 1),
        middle=quarter_of(ordered, 2),
        upper=quarter_of(ordered, 3),
        contributors=_rounded(len(ordered)),
    )


def two_digits(value: Decimal) -> Decimal:
    """Return a positive amount to two digits: 18.43 is 18, 183 is 180, 7.46 is 7.5."""
    rounded = value.quantize(Decimal(1).scaleb(value.adjusted() - 1))
    return Decimal(format(rounded.normalize(), "f"))


def quarter_of(ordered: list[Decimal], quarter: int) -> Decimal:
    """Return a quarter as the mean of the values around it, so that it is nobody's own."""
    place = (len(ordered) - 1) * quarter / 4
    around = ordered[max(0, int(place) - 1) : int(place) + 3]
    return (sum(around, Decimal(0)) / len(around)).quantize(Decimal("0.01"))


def _rounded(count: int) -> int:
    return STEP * round(count / STEP)
