"""What each position of the subgraphs resolves by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from gateway.composition.merge.merge import Merged
from gateway.composition.schema.literals import flag, text
from gateway.composition.schema.model import Kind, TypeDef, applications, is_applied
from gateway.composition.schema.typeref import base_name
from gateway.composition.subgraph.fieldset import FieldSelection, Fragment, Selections
from gateway.composition.subgraph.usage import context_value, field_set, key_sets, setting_types

Position: TypeAlias = tuple[int, str, int]
"""Subgraph, type, and the number of the provided selection (0 for none)."""
Conditions: TypeAlias = frozenset[tuple[str, bool]]
"""The labels of progressive overrides that the walk has decided."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A field that a subgraph declares, as the walk sees it."""

    target: str
    external: bool
    disabled: bool
    label: tuple[str, bool] | None
    requires: Selections | None
    provides: Selections | None
    contexts: frozenset[tuple[str, bool]]
    """The contexts that its arguments are filled from, as conditions of the walk."""


@dataclass(frozen=True, slots=True)
class Key:
    """A resolvable key: what it selects, and where it leads."""

    selections: Selections
    targets: frozenset[Position]


def context_condition(subgraph: int, context: str) -> tuple[str, bool]:
    """The condition that an enclosing object has set a subgraph's context."""
    return (f"{subgraph} ${context}", True)


class Graph:
    """Direct moves, cached; everything derives from the merge and never changes."""

    def __init__(self, merged: Merged) -> None:
        self.merged = merged
        self.schemas = [s.schema for s in merged.subgraphs]
        self._edges: dict[tuple[int, str, str], Edge | None] = {}
        self._keys: dict[str, tuple[Key, ...]] = {}
        self._owners: dict[str, dict[str, tuple[int, ...]]] = {}
        self._provided: list[Selections] = [()]
        self._numbers: dict[Selections, int] = {(): 0}
        self._contexts: dict[str, dict[tuple[str, bool], list[Selections]]] | None = None
        self._possible: dict[tuple[int, str], frozenset[str]] = {}
        self.homes: dict[str, tuple[int, ...]] = {}
        for index, schema in enumerate(self.schemas):
            for name in schema.types:
                self.homes[name] = (*self.homes.get(name, ()), index)
        query = merged.schema.roots.get("query")
        self.query = query
        self.entrances: frozenset[Position] = frozenset((i, query, 0) for i in self.homes.get(query or "", ()) if query)
        """The root of every subgraph, for queries."""
        self.interface_objects = frozenset(
            (i, t.name)
            for i, schema in enumerate(self.schemas)
            for t in schema.types.values()
            if is_applied(t.directives, "interfaceObject")
        )

    def contexts_set_by(self, type_name: str) -> list[tuple[tuple[str, bool], list[Selections]]]:
        """The contexts that an object type sets, each with all that is read from it."""
        if self._contexts is None:
            self._contexts = {}
            for index in range(len(self.schemas)):
                self._collect_contexts(index, self._contexts)
        return [(c, s) for c, s in self._contexts.get(type_name, {}).items()]

    def _collect_contexts(self, index: int, into: dict[str, dict[tuple[str, bool], list[Selections]]]) -> None:
        schema = self.schemas[index]
        for definition in schema.types.values():
            for field in definition.fields.values():
                for argument in field.args.values():
                    for directive in applications(argument.directives, "fromContext"):
                        parsed = context_value(text(directive.args, "field") or "")
                        for setter in setting_types(schema, parsed[0]) if parsed else ():
                            for name in self.possible(index, setter.name):
                                condition = context_condition(index, parsed[0] if parsed else "")
                                reads = into.setdefault(name, {}).setdefault(condition, [])
                                reads.append(parsed[1] if parsed else ())

    def number(self, provided: Selections) -> int:
        """The number of a provided selection."""
        found = self._numbers.get(provided)
        if found is None:
            found = self._numbers[provided] = len(self._provided)
            self._provided.append(provided)
        return found

    def provided(self, position: Position) -> Selections:
        """What `@provides` adds at a position."""
        return self._provided[position[2]]

    def type(self, position: Position) -> TypeDef | None:
        """The type at a position, as its subgraph defines it."""
        return self.schemas[position[0]].types.get(position[1])

    def owners(self, type_name: str) -> dict[str, tuple[int, ...]]:
        """The subgraphs that declare each field of a type, external ones included."""
        found = self._owners.get(type_name)
        if found is None:
            found = {}
            for index in self.homes.get(type_name, ()):
                for name in self.schemas[index].types[type_name].fields:
                    found[name] = (*found.get(name, ()), index)
            self._owners[type_name] = found
        return found

    def edge(self, subgraph: int, type_name: str, field_name: str) -> Edge | None:
        """The field as a subgraph declares it."""
        key = (subgraph, type_name, field_name)
        if key not in self._edges:
            self._edges[key] = self._edge(subgraph, type_name, field_name)
        return self._edges[key]

    def _edge(self, subgraph: int, type_name: str, field_name: str) -> Edge | None:
        definition = self.schemas[subgraph].types.get(type_name)
        field = definition.fields.get(field_name) if definition else None
        if field is None:
            return None
        coordinate = (type_name, field_name)
        override = self.merged.override(coordinate)
        label = override.labels.get(subgraph)
        sets = {
            spec: next((field_set(d) for d in applications(field.directives, spec)), None)
            for spec in ("requires", "provides")
        }
        return Edge(
            target=base_name(field.type),
            external=coordinate in self.merged.usages[subgraph].external,
            disabled=override.disables(subgraph) and label is None,
            label=None if label is None else (label, is_applied(field.directives, "override")),
            requires=sets["requires"],
            provides=sets["provides"],
            contexts=frozenset(
                context_condition(subgraph, parsed[0])
                for argument in field.args.values()
                for directive in applications(argument.directives, "fromContext")
                if (parsed := context_value(text(directive.args, "field") or ""))
            ),
        )

    def possible(self, subgraph: int, type_name: str) -> frozenset[str]:
        """The object types that a type may be at runtime in a subgraph."""
        key = (subgraph, type_name)
        if key not in self._possible:
            self._possible[key] = frozenset(self.schemas[subgraph].possible_types(type_name))
        return self._possible[key]

    def is_abstract(self, position: Position) -> bool:
        """Whether the type at a position is an interface or union there."""
        definition = self.type(position)
        return definition is not None and definition.kind in (Kind.INTERFACE, Kind.UNION)

    def selected(self, provided: Selections, type_name: str, field_name: str) -> Selections | None:
        """The provided selection below a field; None if the field is not provided."""
        found: Selections | None = None
        for item in provided:
            match item:
                case FieldSelection() if item.name == field_name:
                    found = (found or ()) + (item.selections or ())
                case Fragment() if item.condition in (None, type_name):
                    inner = self.selected(item.selections, type_name, field_name)
                    found = found if inner is None else (found or ()) + inner
                case _:
                    pass
        return found

    def target(self, position: Position, field_name: str, edge: Edge, below: Selections) -> Position:
        """The position that a field leads to."""
        provided = below + (edge.provides or ())
        return (position[0], edge.target, self.number(provided) if provided else 0)

    def keys(self, type_name: str) -> tuple[Key, ...]:
        """The resolvable keys of a type, in all subgraphs, interface objects of its interfaces included."""
        found = self._keys.get(type_name)
        if found is None:
            grouped: dict[Selections, set[Position]] = {}
            self._collect_keys(type_name, self.homes.get(type_name, ()), grouped)
            definition = self.merged.schema.types.get(type_name)
            for interface in definition.interfaces if definition else ():
                objects = (i for i in self.homes.get(interface, ()) if (i, interface) in self.interface_objects)
                self._collect_keys(interface, objects, grouped)
            found = tuple(Key(selections, frozenset(targets)) for selections, targets in grouped.items())
            self._keys[type_name] = found
        return found

    def _collect_keys(self, type_name: str, subgraphs: Iterable[int], into: dict[Selections, set[Position]]) -> None:
        for index in subgraphs:
            for key, selections in key_sets(self.schemas[index].types[type_name]):
                if flag(key.args, "resolvable", True):
                    into.setdefault(selections, set()).add((index, type_name, 0))

    def has_local_key(self, subgraph: int, type_name: str) -> bool:
        """Whether the subgraph can be re-entered with what it resolves of the type itself."""
        definition = self.schemas[subgraph].types.get(type_name)
        if definition is None:
            return False
        return any(
            flag(key.args, "resolvable", True) and self._resolves(subgraph, type_name, selections)
            for key, selections in key_sets(definition)
        )

    def _resolves(self, subgraph: int, type_name: str, selections: Selections) -> bool:
        """Whether one subgraph resolves a selection without help."""
        for item in selections:
            match item:
                case FieldSelection():
                    edge = self.edge(subgraph, type_name, item.name)
                    if edge is None or edge.external:
                        return False
                    if item.selections and not self._resolves(subgraph, edge.target, item.selections):
                        return False
                case Fragment():
                    if not self._resolves(subgraph, item.condition or type_name, item.selections):
                        return False
        return True
