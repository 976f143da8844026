"""`@fromContext`: variables of a request whose values stand further up in the tree than its entities.

The values belong to the place, not to the entity, so entities are sent in groups of equal values, and nothing that
stands at two places may be shared in a plan with contexts (`compiled.py` sees to that).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.executor.gather import dump_key
from gateway.executor.merge import JsonObject, typename_of
from gateway.planner.nodes import LIST, Fetch, InputField, PathStep, TypeStep


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextGroup:
    """Entities (by `id`) that one request can be made for, and the values of its context variables."""

    objects: frozenset[int]
    values: JsonObject

    def keep(self, representations: list[JsonObject], sinks: list[list[JsonObject]]) -> None:
        """Leave only the group's entities in what was gathered."""
        kept = [
            (representation, own)
            for representation, sink in zip(representations, sinks, strict=True)
            if (own := [each for each in sink if id(each) in self.objects])
        ]
        representations[:] = [representation for representation, _ in kept]
        sinks[:] = [own for _, own in kept]


def context_groups(tree: JsonObject, fetch: Fetch) -> list[ContextGroup]:
    """Group the entities of a fetch by the values that they find above them."""
    groups: dict[bytes, tuple[JsonObject, set[int]]] = {}
    for entities in fetch.entities:
        for target in entities.targets:
            for above in _lineages(tree, target.path, ()):
                values = {each.variable: _read_leaf(above[each.steps], each.field) for each in target.contexts}
                _, objects = groups.setdefault(dump_key(values), (values, set()))
                objects.add(id(above[-1]))
    return [ContextGroup(objects=frozenset(objects), values=values) for values, objects in groups.values()]


def has_contexts(fetch: Fetch) -> bool:
    """Tell whether a fetch has variables that are filled from further up."""
    return any(target.contexts for entities in fetch.entities for target in entities.targets)


def _lineages(value: Any, path: Sequence[PathStep], above: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield, for every object at the path, what stands after each step on the way to it, itself at the end."""
    step = path[0] if path else None
    if type(value) is list and step == LIST:
        for element in value:
            if type(element) is list:
                yield from _lineages(element, path, above)
            else:
                yield from _lineages(element, path[1:], (*above, value))
    elif type(value) is dict:
        if step is None:
            yield (*above, value)
        elif isinstance(step, TypeStep):
            if typename_of(value) in step.types:
                yield from _lineages(value, path[1:], (*above, value))
        else:
            yield from _lineages(value.get(step), path[1:], (*above, value))


def _read_leaf(value: Any, field: InputField) -> Any:
    if type(value) is not dict:
        return None
    found = value.get(field.key)
    return _read_leaf(found, field.selections[0]) if field.selections else found
