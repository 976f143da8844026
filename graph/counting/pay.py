"""What openings pay for a skill: quarters of the pay by the hour, over open opportunities that require it.

Openings are public, so nobody's consent is needed; the rule of `aggregates` holds all the same: from `K` openings on,
and quarters only.
"""

from __future__ import annotations

from datetime import datetime

from graph.counting.aggregates import Quantiles, Suppressed, quantiles_of
from graph.market.gazetteer import find_city
from graph.model import SkillId
from graph.taxonomy.graph import SkillGraph


def pay_for(
    graph: SkillGraph, skill: SkillId, region: str | None, currency: str, now: datetime
) -> Quantiles | Suppressed:
    """Return the quarters of what is offered in a region (ISO 3166-2) or everywhere, in one currency."""
    found = []
    for each in graph.opportunities.values():
        city = find_city(each.place)
        is_there = region is None or (city is not None and city.region == region)
        if each.is_open(now) and is_there and skill in each.required and each.pay.currency == currency:
            found.append((each.id, each.pay.per_hour))
    return quantiles_of(found)
