"""Which permit brought what: kept only while a gate is at work.

A `Unit` is what one fetch brought for one entity. The ledger finds the units behind any value by the way that leads to
it: a value belongs to the unit that brought the first key on that way which no other unit had brought before.
So nothing has to be written on the values themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.executor.paths import JsonObject, Place
from gateway.planner.nodes import InputField, Selection
from gateway.subgraph import Permit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unit:
    """What one fetch brought for one entity (or, without `typename`, for the root).

    `objects` are the places in the tree that it filled, `keys` the data keys that it brought there.
    `scopes` were disclosed under `permit`; `sent` are those among them that its inputs needed.
    `inherited` are the permits of everything that it was computed from.
    """

    subgraph: str
    permit: Permit | None
    scopes: frozenset[str]
    sent: frozenset[str]
    inherited: tuple[Permit, ...]
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
        if unit.permit is None and not unit.inherited:
            return
        self.units.append(unit)
        for each in unit.objects:
            self._owners.setdefault(id(each), []).append(unit)

    def permits_behind(self, places: Iterable[Place], fields: Sequence[InputField]) -> tuple[Permit, ...]:
        """Return the permits behind the entities at `places` and the inputs that are read from them."""
        permits: dict[int, Permit] = {}
        for place in places:
            for value, key in place.trail:
                self._add(value, key, permits)
            for value, key in _inputs(place.value, fields):
                self._add(value, key, permits)
        return tuple(permits.values())

    def _add(self, value: JsonObject, key: str, permits: dict[int, Permit]) -> None:
        for unit in self._owners.get(id(value), ()):
            if key in unit.keys:
                for permit in unit.inherited if unit.permit is None else (unit.permit, *unit.inherited):
                    permits[id(permit)] = permit


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
