"""What a worker wants of work, in their own words: where, how much, for what pay, and which kinds not.

They write it on their own page; it is part of what `matching` lets an actor rank by, and goes into no answer. Nothing
here describes the person: no field but these can be stored.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graph.errors import InvalidArgumentError
from graph.market.gazetteer import City, find_city
from graph.model import OccupationId

MAX_UNWANTED = 50
MAX_HOURS = 80
MAX_KM = 20_000
MAX_PAY = 100_000.0


class InvalidWishError(InvalidArgumentError):
    """A wish that cannot be: `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Remote(Enum):
    """Whether work may be done from elsewhere."""

    ANY = "ANY"
    ONLY = "ONLY"
    NEVER = "NEVER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """A worker's wishes. None and the defaults mean: not said, hence no wish.

    `least_pay` is by the hour, in `currency` (ISO 4217). `looking` is false for someone who wants no offers now.
    """

    place: str | None = None
    farthest_km: int | None = None
    remote: Remote = Remote.ANY
    hours_per_week: int | None = None
    least_pay: float | None = None
    currency: str | None = None
    unwanted: frozenset[OccupationId] = frozenset()
    looking: bool = True

    @property
    def city(self) -> City | None:
        """Where they live, if the gazetteer knows the place."""
        return find_city(self.place)

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "place": self.place,
            "farthest_km": self.farthest_km,
            "remote": self.remote.value,
            "hours_per_week": self.hours_per_week,
            "least_pay": self.least_pay,
            "currency": self.currency,
            "unwanted": sorted(self.unwanted),
            "looking": self.looking,
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Preferences:
        """Read wishes, stored or new. Raises `InvalidArgumentError` that says what is wrong and what would be right."""
        unknown = sorted(given.keys() - PLAIN.to_json().keys())
        if unknown:
            raise InvalidWishError("", f"There is no such preference: {unknown[0][:40]}.")
        place, currency = given.get("place") or None, given.get("currency") or None
        if place is not None and find_city(place) is None:
            raise InvalidWishError(
                "place", "This city is not on the list; name a larger one nearby, or leave it empty."
            )
        if currency is not None and not (isinstance(currency, str) and len(currency) == 3 and currency.isalpha()):
            raise InvalidWishError("currency", "A currency is three letters, like EUR.")
        least = _number(given, "least_pay", "The least pay", MAX_PAY)
        if least and currency is None:
            raise InvalidWishError("currency", "The least pay needs a currency, like EUR.")
        try:
            remote = Remote(given.get("remote") or "ANY")
        except ValueError:
            raise InvalidWishError("remote", "Remote work is one of ANY, ONLY and NEVER.") from None
        unwanted = given.get("unwanted") or ()
        if len(unwanted) > MAX_UNWANTED or not all(isinstance(each, str) for each in unwanted):
            raise InvalidWishError("unwanted", f"At most {MAX_UNWANTED} kinds of work can be unwanted.")
        kilometres = _number(given, "farthest_km", "The distance", MAX_KM)
        hours = _number(given, "hours_per_week", "Hours a week", MAX_HOURS)
        return cls(
            place=place,
            farthest_km=None if kilometres is None else int(kilometres),
            remote=remote,
            hours_per_week=None if hours is None else int(hours),
            least_pay=least,
            currency=None if currency is None else currency.upper(),
            unwanted=frozenset(map(OccupationId, unwanted)),
            looking=given.get("looking", True) is True,
        )


PLAIN = Preferences()
"""Nothing said."""


def _number(given: Mapping[str, Any], field: str, what: str, most: float) -> float | None:
    value = given.get(field)
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidWishError(field, f"{what}: write a number.") from None
    if not math.isfinite(number) or not 0 <= number <= most:
        raise InvalidWishError(field, f"{what}: a number from 0 to {most:g}.")
    return number
