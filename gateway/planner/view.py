"""Questions to the supergraph under one set of options: who resolves what, and how types may be grouped."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.planner.families import families_of
from gateway.planner.fieldset import FieldSet, FieldSetField
from gateway.planner.operation import OperationCase, OperationField
from gateway.planner.options import PlannerOptions
from gateway.planner.supergraph import FieldInfo, Key, Ownership, Supergraph, TypeInfo

MANY = 64
"""From how many subgraphs on a shared type is looked at only where it has a key, or where it is local already."""


class View:
    """A supergraph seen with `options`. Answers are remembered; one view serves many plans."""

    def __init__(self, supergraph: Supergraph, options: PlannerOptions) -> None:
        self.supergraph = supergraph
        self.types = supergraph.types
        self.options = options
        self.families = families_of(supergraph)
        self._roots = frozenset(supergraph.roots.values())
        self._owners: dict[tuple[str, str], dict[str, Ownership]] = {}
        self._candidates: dict[tuple[str, str], list[tuple[str, str | None, Ownership]]] = {}
        self._requirements: dict[tuple[int, str], tuple[OperationField, ...]] = {}
        self._kept: list[object] = []

    def is_abstract(self, name: str) -> bool:
        """Whether `name` is an interface or a union."""
        return self.types[name].kind != "object"

    def is_root(self, name: str) -> bool:
        """Whether `name` is a root operation type, whose object is reached without a key."""
        return name in self._roots

    def field(self, rep: str, name: str) -> FieldInfo:
        """Return the field `name` of the type `rep`."""
        return self.types[rep].fields[name]

    def owners(self, rep: str, name: str) -> dict[str, Ownership]:
        """Return the subgraphs whose own type `rep` has the field (external ones included), overrides applied."""
        found = self._owners.get((rep, name))
        if found is None:
            info = self.types[rep].fields.get(name)
            found = {}
            if info is not None:
                for subgraph, own in info.owners.items():
                    if own.label is None or (own.label[0] in self.options.override_labels) == own.label[1]:
                        found[subgraph] = own
            self._owners[rep, name] = found
        return found

    def interface_objects(self, rep: str) -> list[TypeInfo]:
        """Return the interfaces of `rep` (itself included) that are an `@interfaceObject` somewhere."""
        info = self.types[rep]
        names = [rep] if info.kind == "interface" else sorted(info.interfaces)
        return [self.types[name] for name in names if self.types[name].objects_in]

    def candidates(self, rep: str, name: str) -> list[tuple[str, str | None, Ownership]]:
        """Return who can resolve the field: (subgraph, interface object by which it stands in, ownership)."""
        known = self._candidates.get((rep, name))
        if known is not None:
            return known
        found = self._candidates[rep, name] = []
        objects_in = self.types[rep].objects_in
        for subgraph, own in self.owners(rep, name).items():
            found.append((subgraph, rep if subgraph in objects_in else None, own))
        if self.types[rep].kind == "object":
            for interface in self.interface_objects(rep):
                for subgraph, own in self.owners(interface.name, name).items():
                    if subgraph in interface.objects_in:
                        found.append((subgraph, interface.name, own))
        return found

    def homes(self, name: str) -> frozenset[str]:
        """Return the subgraphs in which objects of the type `name` can be stood at: by a key, or by their parent.

        Of value types that very many subgraphs share, none is worth a look.
        """
        info = self.types[name]
        if len(info.subgraphs) <= MANY:
            return info.subgraphs
        return frozenset(subgraph for subgraph in info.keys if self.keys(name, subgraph))

    def keys(self, name: str, subgraph: str) -> list[Key]:
        """Return the keys by which `subgraph` resolves entities of the type `name`."""
        return [key for key in self.types[name].keys.get(subgraph, ()) if key.resolvable]

    def reenters(self, rep: str, name: str, subgraph: str, below: Sequence[OperationCase] = ()) -> bool:
        """Whether the field has to be fetched through `_entities` although it may be local.

        `below` is what is selected on its value: scoped fields of value types belong to the entity around them.
        """
        if not self.options.reenter_scoped or not self.keys(rep, subgraph):
            return False
        return bool(self.types[rep].fields[name].scopes) or self._has_scoped_values(below)

    def _has_scoped_values(self, cases: Sequence[OperationCase]) -> bool:
        for case in cases:
            for name in sorted(case.types):
                info = self.types[name]
                if any(key.resolvable for keys in info.keys.values() for key in keys):
                    continue
                for field in case.fields:
                    known = info.fields.get(field.name)
                    if known is not None and (known.scopes or self._has_scoped_values(field.cases)):
                        return True
        return False

    def provided(self, provided: FieldSet, rep: str, name: str) -> FieldSetField | None:
        """Return what `provided` says about the field `name` of the type `rep`."""
        merged: FieldSetField | None = None
        for item in provided:
            if item.name == name and self.applies(item, rep):
                merged = (
                    item if merged is None else FieldSetField(name=name, selections=merged.selections + item.selections)
                )
        return merged

    def applies(self, item: FieldSetField, rep: str) -> bool:
        """Whether `item` of a field set speaks of objects of the type `rep`."""
        if item.on is None or item.on == rep:
            return True
        condition = self.types.get(item.on)
        return condition is not None and rep in condition.possible

    def required(self, fields: FieldSet, rep: str) -> tuple[OperationField, ...]:
        """Return the field set as fields of an operation on objects of the type `rep`."""
        memo = (id(fields), rep)
        found = self._requirements.get(memo)
        if found is None:
            found = tuple(
                self._required_field(item, rep, self.is_abstract(rep)) for item in fields if self.applies(item, rep)
            )
            self._requirements[memo] = found
            self._kept.append(fields)
        return found

    def _required_field(self, item: FieldSetField, rep: str, uniform: bool) -> OperationField:
        if item.name == "__typename":
            return OperationField(
                parent=rep, name=item.name, response_key=item.name, type="String!", named="String", client=False
            )
        info = self.field(rep, item.name)
        cases: list[OperationCase] = []
        if item.selections:
            groups: dict[tuple[int, ...], set[str]] = {}
            possible = self.types[info.named].possible
            for name in sorted(possible):
                memo = tuple(i for i, child in enumerate(item.selections) if self.applies(child, name))
                groups.setdefault(memo, set()).add(name)
            for indices, names in groups.items():
                on = info.named if len(names) > 1 else min(names)
                whole = len(groups) == 1 and self.is_abstract(info.named)
                children = tuple(
                    self._required_field(item.selections[i], self._parent_of(item.selections[i], on, names), whole)
                    for i in indices
                )
                cases.append(OperationCase(types=frozenset(names), fields=children))
        return OperationField(
            parent=rep,
            name=item.name,
            response_key=item.name,
            type=info.type,
            named=info.named,
            arguments=item.arguments,
            cases=tuple(cases),
            uniform=uniform,
            client=False,
        )

    def _parent_of(self, item: FieldSetField, on: str, names: set[str]) -> str:
        if item.name in self.types[on].fields or item.name == "__typename":
            return on
        if item.on is not None and item.name in self.types[item.on].fields:
            return item.on
        return min(names)
