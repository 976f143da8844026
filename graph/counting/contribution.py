"""What one worker adds to counts: a region, and the skills they lack for work that they are near to.

*Near to* an opportunity is who holds at least half of its required skills, where it is open in their region or can be
done from elsewhere. What they lack of it, they are counted as lacking.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from graph.evidence.estimate import Holding
from graph.market.gazetteer import find_city
from graph.model import Opportunity, SkillId

NEAR = 0.5
UNKNOWN = "ZZ"
"""The region of those whose place is not known: counted in the whole, never told on its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One worker in the counts."""

    region: str
    lacking: frozenset[SkillId]

    @classmethod
    def of(cls, holding: Holding, place: str | None, opportunities: Iterable[Opportunity]) -> Contribution:
        """Work it out from what is held, and from what is open."""
        city, held, lacking = find_city(place), holding.held, set[SkillId]()
        region = UNKNOWN if city is None else city.region
        for each in opportunities:
            offered = find_city(each.place)
            is_here = each.remote or offered is None or offered.region == region
            if is_here and each.required and len(each.required & held) >= NEAR * len(each.required):
                lacking |= each.required - held
        return cls(region=region, lacking=frozenset(lacking))

    def to_bytes(self) -> bytes:
        """Return the stored form."""
        return orjson.dumps({"region": self.region, "lacking": sorted(self.lacking)})

    @classmethod
    def from_bytes(cls, stored: bytes) -> Contribution:
        """Read the stored form."""
        plain = orjson.loads(stored)
        return cls(region=plain["region"], lacking=frozenset(map(SkillId, plain["lacking"])))
