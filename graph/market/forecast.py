"""Forecasts of short, intermittent monthly series, each beside the naive one and with its error on the past.

| method | forecast |
|---|---|
| `naive` | the last month again |
| `seasonal` | the same month of a year ago |
| `mean` | the mean of the last twelve months |
| `sba` | Croston's with the Syntetos–Boylan correction: size over interval, for series with many zeros |
| `tsb` | Teunter–Syntetos–Babai: size times probability, which fades when nothing comes |

Each is tried on the past (rolling origin: each of the last eighteen months as if it were today) and the one with the
smallest mean absolute error is taken, `naive` when no other is smaller. The interval is that of its own errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from graph.errors import InvalidArgumentError

Floats = NDArray[np.float64]
Method = Callable[[Floats, int], Floats]

YEAR = 12
SHORTEST = 6
"""Months without which nothing is forecast."""
ORIGINS = 18
COVERAGE = 0.8
SMOOTHING = 0.15
MAX_HORIZON = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Values for the months to come with the bounds of an 80 % interval, and how the methods did on the past."""

    method: str
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    errors: Mapping[str, float]
    """Mean absolute error of each method that could be tried, in openings a month."""

    @property
    def gain(self) -> float:
        """By which share the error is smaller than the naive one's."""
        naive = self.errors["naive"]
        return round(1 - self.errors[self.method] / naive, 4) if naive else 0.0


def forecast(counts: Sequence[int], horizon: int) -> Forecast | None:
    """Return a forecast for the next months, None when the series is too short to judge one."""
    if not 1 <= horizon <= MAX_HORIZON:
        raise InvalidArgumentError(f"A forecast reaches from 1 to {MAX_HORIZON} months.")
    series = np.asarray(counts, np.float64)
    if len(series) < SHORTEST + horizon:
        return None
    residuals = {
        name: found
        for name, method in METHODS.items()
        if (found := _residuals(series, method, horizon, name)) is not None
    }
    errors = {name: round(float(np.abs(each).mean()), 4) for name, each in residuals.items()}
    best = min(errors, key=lambda name: (errors[name], name != "naive", name))
    values = METHODS[best](series, horizon)
    low, high = _bounds(residuals[best], values)
    return Forecast(
        method=best,
        values=_rounded(values),
        low=_rounded(low),
        high=_rounded(high),
        errors=MappingProxyType(errors),
    )


def _residuals(series: Floats, method: Method, horizon: int, name: str) -> Floats | None:
    """Return errors by origin and step, over the same origins for every method; None when there is no origin."""
    needed = max(SHORTEST, YEAR) if name == "seasonal" else SHORTEST
    origins = range(max(SHORTEST, len(series) - horizon - ORIGINS + 1), len(series) - horizon + 1)
    if origins[0] < needed:
        return None
    ahead = np.array([series[each : each + horizon] for each in origins])
    if name in LEVELS:
        expected = LEVELS[name](series)[[each - 1 for each in origins], None]
    else:
        expected = np.array([method(series[:each], horizon) for each in origins])
    found: Floats = ahead - expected
    return found


def _bounds(residuals: Floats, values: Floats) -> tuple[Floats, Floats]:
    tail = (1 - COVERAGE) / 2
    low = np.maximum(0.0, values + np.quantile(residuals, tail, axis=0, method="lower"))
    high = values + np.quantile(residuals, 1 - tail, axis=0, method="higher")
    return np.minimum(low, values), np.maximum(high, values)


def _naive(series: Floats, horizon: int) -> Floats:
    return np.repeat(series[-1], horizon)


def _seasonal(series: Floats, horizon: int) -> Floats:
    return np.array([series[len(series) - YEAR + step % YEAR] for step in range(horizon)])


def _mean(series: Floats, horizon: int) -> Floats:
    return np.repeat(series[-YEAR:].mean(), horizon)


def _sba(series: Floats, horizon: int) -> Floats:
    return np.repeat(_sba_levels(series)[-1], horizon)


def _sba_levels(series: Floats) -> Floats:
    """Return what is expected after each value."""
    levels = np.zeros(len(series))
    size = interval = 0.0
    since = 1
    for place, value in enumerate(series.tolist()):
        if value > 0:
            size = value if not size else size + SMOOTHING * (value - size)
            interval = since if not interval else interval + SMOOTHING * (since - interval)
            since = 1
        else:
            since += 1
        levels[place] = (1 - SMOOTHING / 2) * size / interval if interval else 0.0
    return levels


def _tsb(series: Floats, horizon: int) -> Floats:
    return np.repeat(_tsb_levels(series)[-1], horizon)


def _tsb_levels(series: Floats) -> Floats:
    """Return what is expected after each value."""
    levels = np.zeros(len(series))
    chance, size = float((series[:SHORTEST] > 0).mean()), 0.0
    for place, value in enumerate(series.tolist()):
        chance += SMOOTHING * (float(value > 0) - chance)
        if value > 0:
            size = value if not size else size + SMOOTHING * (value - size)
        levels[place] = chance * size
    return levels


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(each), 2) for each in values)


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "naive": _naive,
        "seasonal": _seasonal,
        "mean": _mean,
        "sba": _sba,
        "tsb": _tsb,
    }
)
LEVELS: Mapping[str, Callable[[Floats], Floats]] = MappingProxyType({"sba": _sba_levels, "tsb": _tsb_levels})
"""Methods that look at a series once for all origins: the same value is expected for every month to come."""
