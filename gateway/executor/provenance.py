"""Which permit brought what: kept only while a gate is at work.

A `Unit` is what one fetch brought for one entity. The ledger finds the units behind any value by the way that leads to
it: a value belongs to the unit that brought the first key on that way which no other unit had brought before.
So nothing has to be written on the values themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.executor.document import fields_of, scopes_of
from gateway.executor.paths import JsonObject, Place
from gateway.planner.nodes import InputField, Selection
from gateway.subgraph import Permit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """A permit that something was computed from, and the scopes of the values that were used."""

    permit: Permit
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unit:
    """What one fetch brought for one entity (or, without `typename`, for the root).

    `objects` are the places in the tree that it filled, `keys` the data keys that it brought there.
    `scopes` were disclosed under `permit`; `sent` are those among them that its inputs needed.
    `sources` is everything that it was computed from.
    """

    subgraph: str
    permit: Permit | None
    scopes: frozenset[str]
    sent: frozenset[str]
    sources: tuple[Source, ...]
    selections: tuple[Selection, ...]
    objects: tuple[JsonObject, ...]
    keys: frozenset[str]


class Ledger:
    """The units of one execution, by the objects that they filled."""

    __slots__ = ("_owners", "units")

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self._owners: dict[int, list[Unit]] = {}

    def record(self, unit: Unit) -> None:
        """Remember a unit. One that depends on no permit can never be taken back, and is not kept."""
        if unit.permit is None and not unit.sources:
            return
        self.units.append(unit)
        for each in unit.objects:
            self._owners.setdefault(id(each), []).append(unit)

    def sources_of(self, places: Iterable[Place], fields: Sequence[InputField]) -> tuple[Source, ...]:
        """Return what is behind the entities at `places` and the inputs that are read from them."""
        found: dict[int, Source] = {}
        for place in places:
            for value, key in place.trail:
                self._add(value, key, found)
            for value, key in _inputs(place.value, fields):
                self._add(value, key, found)
        return tuple(found.values())

    def all_sources(self) -> tuple[Source, ...]:
        """Return everything that has been fetched under a permit."""
        return tuple(Source(permit=unit.permit, scopes=unit.scopes) for unit in self.units if unit.permit is not None)

    def _add(self, value: JsonObject, key: str, found: dict[int, Source]) -> None:
        for unit in self._owners.get(id(value), ()):
            if key not in unit.keys:
                continue
            sources = list(unit.sources)
            if unit.permit is not None:
                sources.append(Source(permit=unit.permit, scopes=unit.scopes & scopes_under(unit.selections, key)))
            for source in sources:
                known = found.get(id(source.permit))
                scopes = source.scopes if known is None else known.scopes | source.scopes
                found[id(source.permit)] = Source(permit=source.permit, scopes=scopes)


def scopes_under(selections: Sequence[Selection], key: str) -> frozenset[str]:
    """Return the scopes of what is selected under a data key, its own included."""
    return scopes_of([each for each in fields_of(selections) if each.key == key])


def _inputs(value: Any, fields: Sequence[InputField]) -> Iterator[tuple[JsonObject, str]]:
    if type(value) is list:
        for element in value:
            yield from _inputs(element, fields)
    elif type(value) is dict:
        for each in fields:
            yield value, each.key
            if each.selections:
                yield from _inputs(value.get(each.key), each.selections)


def remove(value: Any, keys: Sequence[str]) -> None:
    """Delete the value at `keys` below an object, in every element of the lists on the way."""
    if type(value) is list:
        for element in value:
            remove(element, keys)
    elif type(value) is dict:
        if len(keys) == 1:
            value.pop(keys[0], None)
        else:
            remove(value.get(keys[0]), keys[1:])
