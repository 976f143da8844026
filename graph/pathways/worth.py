"""What an hour is worth in a plan's currency, and with it all that a plan counts beside money.

The constants of plans (`cover`, `search`) are in EUR, where an hour of training is worth 12. Nothing is converted: in
another currency an hour is worth `SHARE` of what half of the open work that is paid in it pays at the most, and the
constants are as many hours as in EUR. Where too little work is paid in it to tell, 12 is taken, and plans say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from graph.taxonomy.graph import SkillGraph

HOUR_VALUE = 12.0
"""What an hour of training costs in income not earned, in EUR, unless the caller says it."""
AT_HOME = "EUR"
SHARE = 0.45
"""What an hour is worth as a share of the median pay: 12 EUR in the built-in market."""
FEWEST = 5
"""Openings without which nothing is said of a currency."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What an hour is worth; `is_known` is false where it is a guess."""

    hour: float
    is_known: bool

    @property
    def scale(self) -> float:
        """By how much the constants in EUR are multiplied."""
        return self.hour / HOUR_VALUE


@lru_cache(maxsize=4)
def worth_in(graph: SkillGraph, currency: str) -> Worth:
    """Return what an hour is worth in a currency. It is worked out once a graph."""
    if currency == AT_HOME:
        return Worth(HOUR_VALUE, is_known=True)
    paid = [each.pay.per_hour for each in graph.opportunities.values() if each.pay.currency == currency]
    if len(paid) < FEWEST:
        return Worth(HOUR_VALUE, is_known=False)
    return Worth(round(SHARE * float(median(paid)), 2), is_known=True)
