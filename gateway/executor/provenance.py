"""Which permit brought what: kept only while a gate is at work.

A `Unit` is what one fetch brought for one entity. The ledger finds the units behind any value by the way that leads to
it: a value belongs to the unit that brought the first key on that way which no other unit had brought before.
So nothing has to be written on the values themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.executor.document import fields_of, scopes_of
from gateway.executor.merge import typename_of
from gateway.executor.paths import JsonObject
from gateway.planner.nodes import LIST, InputField, PathStep, Selection, TypeStep
from gateway.subgraph import Permit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """A permit that something was computed from, and the scopes of the values that were used."""

    permit: Permit
    scopes: frozenset[str]


Found = dict[int, Source]
"""Sources by the identity of their permits. Never changed once it is made."""


@dataclass(slots=True, kw_only=True, eq=False)
class Unit:
    """What one fetch brought for one entity (or, without `typename`, for the root). Never changed once it is made.

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

    def along(self, tree: JsonObject, paths: Iterable[Sequence[PathStep]]) -> dict[int, Found]:
        """Return what is behind the objects at `paths`, by their identity.

        Every object is looked at once per step, however many ways lead to it.
        """
        ends: dict[int, Found] = {}
        for path in paths if self._owners else ():
            level: dict[int, tuple[Any, Found]] = {id(tree): (tree, {})}
            for step in path:
                following: dict[int, tuple[Any, Found]] = {}
                for value, found in level.values():
                    if step == LIST:
                        for element in _elements(value):
                            _arrive(element, found, following)
                    elif type(value) is not dict:
                        continue
                    elif isinstance(step, TypeStep):
                        if typename_of(value) in step.types:
                            _arrive(value, found, following)
                    else:
                        owned = self._owned(value, step)
                        _arrive(value.get(step), _union(found, owned) if owned else found, following)
                level = following
            for key, (value, found) in level.items():
                if type(value) is dict:
                    ends[key] = _union(ends[key], found) if key in ends else found
        return ends

    def behind(
        self, values: Iterable[JsonObject], along: Mapping[int, Found], fields: Sequence[InputField]
    ) -> tuple[Source, ...]:
        """Return what is behind some entities, `along` the way to them, and the inputs that are read from them."""
        total: Found = {}
        for value in values if self._owners else ():
            total = _union(total, along.get(id(value), {}))
            for owner, key in _inputs(value, fields):
                total = _union(total, self._owned(owner, key))
        return tuple(total.values())

    def all_sources(self) -> tuple[Source, ...]:
        """Return everything that has been fetched under a permit."""
        return tuple(Source(permit=unit.permit, scopes=unit.scopes) for unit in self.units if unit.permit is not None)

    def _owned(self, value: JsonObject, key: str) -> Found:
        """Return what is behind the value that stands under a key of an object, the object itself left aside."""
        found: Found = {}
        for unit in self._owners.get(id(value), ()):
            if key not in unit.keys:
                continue
            sources = list(unit.sources)
            if unit.permit is not None:
                sources.append(Source(permit=unit.permit, scopes=unit.scopes & scopes_under(unit.selections, key)))
            found = _union(found, {id(source.permit): source for source in sources})
        return found


def _union(one: Found, other: Found) -> Found:
    """Return the sources of both; those of one permit become one."""
    if not other:
        return one
    if not one:
        return other
    found = dict(one)
    for key, source in other.items():
        known = found.get(key)
        if known is None:
            found[key] = source
        elif not source.scopes <= known.scopes:
            found[key] = Source(permit=known.permit, scopes=known.scopes | source.scopes)
    return found


def _arrive(value: Any, found: Found, at: dict[int, tuple[Any, Found]]) -> None:
    if type(value) is dict or type(value) is list:
        known = at.get(id(value))
        at[id(value)] = value, (found if known is None else _union(known[1], found))


def _elements(value: Any) -> Iterator[Any]:
    """Yield the elements of a list, lists inside it laid flat."""
    if type(value) is list:
        for element in value:
            if type(element) is list:
                yield from _elements(element)
            else:
                yield element


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
