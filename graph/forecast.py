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
from functools import partial
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
    return np.array([series[each : each + horizon] - method(series[:each], horizon) for each in origins])


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


def _sba(series: Floats, horizon: int, smoothing: float) -> Floats:
    size = interval = 0.0
    since = 1
    for value in series:
        if value > 0:
            size = value if not size else size + smoothing * (value - size)
            interval = since if not interval else interval + smoothing * (since - interval)
            since = 1
        else:
            since += 1
    return np.repeat((1 - smoothing / 2) * size / interval if interval else 0.0, horizon)


def _tsb(series: Floats, horizon: int, smoothing: float) -> Floats:
    chance, size = float((series[:SHORTEST] > 0).mean()), 0.0
    for value in series:
        chance += smoothing * (float(value > 0) - chance)
        if value > 0:
            size = value if not size else size + smoothing * (value - size)
    return np.repeat(chance * size, horizon)


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(each), 2) for each in values)


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "naive": _naive,
        "seasonal": _seasonal,
        "mean": _mean,
        "sba": partial(_sba, smoothing=SMOOTHING),
        "tsb": partial(_tsb, smoothing=SMOOTHING),
    }
)
