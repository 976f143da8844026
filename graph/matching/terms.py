"""What both sides ask of each other beyond skills: place, hours and pay. One model for both directions of matching.

| feature | value, 0 to 1 |
|---|---|
| `place` | 1 when it can be done from elsewhere; otherwise 2^(-km/30), km between the two cities |
| `hours` | the hours a week that are wanted and that the work takes: the smaller as a share of the larger; 1 where it |
| | does not say how many it takes |
| `pay` | 1 from the worker's least pay on; less, down to 0, the smaller the part of the range above it |

What one side asks and the other does not say is worth 0.5: silence neither excludes nor recommends. So is pay in
another currency than the worker's least pay: nothing is converted, and `text` says that the two were not compared.
A worker's wishes also exclude: work that is only done where they will not go, pays less than their least, or is of a
kind that they do not want is not theirs, and they are not found for it.

`Wishes` and `Offers` hold numbers or arrays of numbers, which NumPy broadcasts: one worker against many offers, or many
workers against one offer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.linking.surfaces import Floats
from graph.market.gazetteer import find_city
from graph.matching.preferences import Preferences, Remote
from graph.model import HOURS_PAID, Opportunity

HALF_KM = 30.0
UNKNOWN = 0.5
EARTH_KM = 6371.0
_REMOTE = {Remote.ANY: 0.0, Remote.ONLY: 1.0, Remote.NEVER: -1.0}
_NO_CURRENCY = -1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Workers' wishes as numbers: one column each, NaN where nothing is said."""

    table: Floats

    @classmethod
    def of(cls, preferences: Sequence[Preferences]) -> Wishes:
        """Return the wishes of many."""
        return cls(table=np.array([_wishes(each) for each in preferences], float).reshape(len(preferences), 8))

    def joined(self, other: Wishes) -> Wishes:
        """Return these and others'."""
        return Wishes(table=np.vstack([self.table, other.table]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Opportunities' terms as numbers: one column each, NaN where nothing is said."""

    table: Floats

    @classmethod
    def of(cls, opportunities: Sequence[Opportunity]) -> Offers:
        """Return the terms of many."""
        return cls(table=np.array([_offer(each) for each in opportunities], float).reshape(len(opportunities), 8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How well terms fit, feature by feature, and whether the worker's wishes allow it at all."""

    values: Mapping[str, Floats]
    allowed: NDArray[np.bool_]


def fit(wishes: Wishes, offers: Offers) -> Fit:
    """Compare: of the two, one has one row, and the other as many as there are results."""
    latitude, longitude, farthest, remote, has_hours, least, currency, looking = wishes.table.T
    to_latitude, to_longitude, is_remote, on_site, asks_hours, low, high, paid_in = offers.table.T
    away = _kilometres(latitude, longitude, to_latitude, to_longitude)
    from_elsewhere = (is_remote > 0) & (remote >= 0)
    there = (on_site > 0) & (remote <= 0) & ~(away > farthest)
    near = np.where(np.isnan(away), UNKNOWN, np.exp2(-away / HALF_KM))
    less, more = np.fmin(has_hours, asks_hours), np.maximum(np.fmax(has_hours, asks_hours), 1.0)
    hours = np.where(np.isnan(has_hours), UNKNOWN, less / more)
    part = np.clip((high - least) / np.maximum(high - low, 0.01), 0.0, 1.0)
    is_same = currency == paid_in
    asks_pay = np.nan_to_num(least) > 0
    return Fit(
        values={
            "place": np.where(from_elsewhere, 1.0, near),
            "hours": np.where(np.isnan(asks_hours), 1.0, hours),
            "pay": np.where(asks_pay, np.where(is_same, part, UNKNOWN), 1.0),
        },
        allowed=(looking > 0) & (from_elsewhere | there) & ~(asks_pay & is_same & (high < least)),
    )


def _wishes(given: Preferences) -> tuple[float, ...]:
    city = given.city
    return (
        np.nan if city is None else city.latitude,
        np.nan if city is None else city.longitude,
        np.inf if given.farthest_km is None else float(given.farthest_km),
        _REMOTE[given.remote],
        np.nan if given.hours_per_week is None else float(given.hours_per_week),
        np.nan if given.least_pay is None else given.least_pay,
        _currency(given.currency),
        float(given.looking),
    )


def _offer(given: Opportunity) -> tuple[float, ...]:
    city, pay = find_city(given.place), given.pay
    paid = HOURS_PAID[pay.per]
    return (
        np.nan if city is None else city.latitude,
        np.nan if city is None else city.longitude,
        float(given.remote),
        float(given.place is not None or not given.remote),
        np.nan if given.hours_per_week is None else float(given.hours_per_week),
        float(pay.min) / paid,
        float(pay.max) / paid,
        _currency(pay.currency),
    )


def _currency(code: str | None) -> float:
    return _NO_CURRENCY if code is None else float(int.from_bytes(code.upper().encode("ascii", "replace")[:3], "big"))


def _kilometres(latitude: Any, longitude: Any, to_latitude: Any, to_longitude: Any) -> Floats:
    """Return great-circle distances (haversine), NaN where a place is not known."""
    one, other = np.radians(latitude), np.radians(to_latitude)
    turn = np.radians(to_longitude) - np.radians(longitude)
    half = np.sin((other - one) / 2) ** 2 + np.cos(one) * np.cos(other) * np.sin(turn / 2) ** 2
    result: Floats = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return result
