"""Cities and where they lie, to a hundredth of a degree: enough for distances between cities, and no finer than one.

A small list is built in (`data/cities.csv`): the cities of the built-in market and larger ones around the world. A
place that is not on it has no distance to anywhere, which matching takes for *not known*, never for *far*.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO

from graph.taxonomy.names import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city; `country` is its ISO 3166-1 code, `region` its ISO 3166-2 code where statistics know one."""

    name: str
    country: str
    region: str
    latitude: float
    longitude: float


def find_city(text: str | None) -> City | None:
    """Return the city that a text names: `Malmö`, `malmo` or `Malmö, SE`; None when it is not on the list."""
    name, _, country = (text or "").partition(",")
    city = _by_name().get(fold(name))
    if city is None or (len(country.strip()) == 2 and country.strip().upper() != city.country):
        return None
    return city


def region_of(place: str) -> str:
    """Return the region of a city on the list (ISO 3166-2); any other text stands for itself."""
    city = find_city(place)
    return place if city is None else city.region


@cache
def cities() -> tuple[City, ...]:
    """Return all cities of the list, in its order."""
    return tuple(dict.fromkeys(city for city, _ in _rows()))


@cache
def _by_name() -> Mapping[str, City]:
    return {fold(name): city for city, names in _rows() for name in names}


def _rows() -> Iterator[tuple[City, tuple[str, ...]]]:
    text = (files("graph.data") / "cities.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(StringIO(text, newline="")):
        city = City(
            name=row["name"],
            country=row["country"],
            region=row["region"] or row["country"],
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
        )
        yield city, (city.name, *(each for each in row["aliases"].split("|") if each))
