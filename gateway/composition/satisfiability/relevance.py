"""Which conditions still matter below a type: without those that do not, most states are the same."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.composition.merge.merge import Merged
from gateway.composition.schema.model import applications
from gateway.composition.schema.typeref import base_name

from .graph import Conditions, Graph


class Relevance:
    """For each type, the override labels and contexts that anything reachable from it depends on."""

    def __init__(self, merged: Merged, graph: Graph) -> None:
        self._names: dict[str, set[str]] = {}
        owners: dict[str, set[str]] = {}
        for coordinate, override in merged.overrides.items():
            for label in override.labels.values():
                owners.setdefault(label, set()).add(coordinate[0])
        for index, subgraph in enumerate(merged.subgraphs):
            for definition in subgraph.schema.types.values():
                for field in definition.fields.values():
                    if any(applications(a.directives, "fromContext") for a in field.args.values()):
                        edge = graph.edge(index, definition.name, field.name)
                        for name, _ in edge.contexts if edge else ():
                            owners.setdefault(name, set()).add(definition.name)
        if not owners:
            return
        above = _above(merged)
        for name, types in owners.items():
            for reached in _reaching(above, types):
                self._names.setdefault(reached, set()).add(name)

    def within(self, type_name: str, conditions: Conditions) -> Conditions:
        """The conditions that matter at a type and below."""
        if not conditions:
            return conditions
        names = self._names.get(type_name, set())
        return frozenset(c for c in conditions if c[0] in names)


def _above(merged: Merged) -> dict[str, set[str]]:
    """For each type, those that lead to it in one step."""
    above: dict[str, set[str]] = {}
    for definition in merged.schema.types.values():
        for field in definition.fields.values():
            above.setdefault(base_name(field.type), set()).add(definition.name)
        for member in definition.members:
            above.setdefault(member, set()).add(definition.name)
        for interface in definition.interfaces:
            above.setdefault(definition.name, set()).add(interface)
            above.setdefault(interface, set()).add(definition.name)
    return above


def _reaching(above: dict[str, set[str]], types: Iterable[str]) -> set[str]:
    """All types from which one of the given can be reached, these included."""
    found = set(types)
    todo = list(found)
    while todo:
        for name in above.get(todo.pop(), ()):
            if name not in found:
                found.add(name)
                todo.append(name)
    return found
