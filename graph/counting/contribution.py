"""What one worker adds to counts: a region, the skills they lack for work that they are near to, and what they earn.

*Near to* an opportunity is who holds at least half of its required skills, where it is open in their region or can be
done from elsewhere. What they lack of it, they are counted as lacking. What they earn is `earned`'s, for those who
agreed to be counted by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import orjson

from graph.counting.earned import Pay
from graph.evidence.estimate import Holding
from graph.market.gazetteer import find_city
from graph.model import Opportunity, SkillId

NEAR = 0.5
UNKNOWN = "ZZ"
"""The region of those whose place is not known: counted in the whole, never told on its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One worker in the counts. `pay` is None where it is not known: not to be counted, or not read."""

    region: str
    lacking: frozenset[SkillId]
    pay: Pay | None = field(default=None, hash=False)

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

    def earning(self, pay: bytes | str | None) -> Contribution:
        """Return the same with pay as `pay_to_bytes` wrote it."""
        return self if pay is None else replace(self, pay=_pay_of(orjson.loads(pay)))

    def to_bytes(self) -> bytes:
        """Return it as text."""
        plain = {"region": self.region, "lacking": sorted(self.lacking)}
        return orjson.dumps(plain if self.pay is None else {**plain, "pay": _plain_pay(self.pay)})

    @classmethod
    def from_bytes(cls, stored: bytes) -> Contribution:
        """Read it from text."""
        plain = orjson.loads(stored)
        return cls(
            region=plain["region"],
            lacking=frozenset(map(SkillId, plain["lacking"])),
            pay=_pay_of(plain["pay"]) if "pay" in plain else None,
        )


def pay_to_bytes(pay: Pay) -> bytes:
    """Return pay as text."""
    return orjson.dumps(_plain_pay(pay))


def _plain_pay(pay: Pay) -> list[tuple[str, str, str]]:
    return [(currency, skill, str(rate)) for (currency, skill), rate in sorted(pay.items())]


def _pay_of(plain: Any) -> Pay:
    return {(currency, SkillId(skill)): Decimal(rate) for currency, skill, rate in plain}
