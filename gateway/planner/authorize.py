"""Static authorization: takes out of an operation what the request's scopes do not allow.

What is removed stays in the answer, as null, and is never fetched. Scopes are compared with `@requiresScopes`
(any of its sets, all scopes within); `@authenticated` is the scope `AUTHENTICATED`, `@policy(policies: [["p"]])`
the scope `@policy(p)`.

A field selected on an interface or union needs what it needs on each of its types: none of them can be read
around the directive through the interface (GHSA-x33c-7c2v-mrj9). A field that is computed from others
(`@requires`) needs what those need.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.planner.families import families_of
from gateway.planner.fieldset import FieldSetField
from gateway.planner.loading import require_all
from gateway.planner.nodes import Scopes
from gateway.planner.operation import Operation, OperationCase, OperationField, Removed
from gateway.planner.supergraph import Supergraph


def authorize(
    supergraph: Supergraph, operation: Operation, scopes: frozenset[str]
) -> tuple[Operation, tuple[Removed, ...]]:
    """Return `operation` with the fields that `scopes` do not allow marked as removed, and what these are."""
    filtering = _Filtering(supergraph, scopes)
    root = operation.root_type
    fields = filtering.fields(operation.fields, root, supergraph.possible(root), ())
    if not filtering.removed:
        return operation, ()
    return replace(operation, fields=fields), tuple(filtering.removed.values())


def required_scopes(supergraph: Supergraph, parent: str, name: str) -> Scopes:
    """Return everything that reading the field of the concrete type asks for, its `@requires` inputs included."""
    memo = ("required", parent, name)
    found = supergraph.cache.get(memo)
    if found is None:
        found = _required(supergraph, parent, name, frozenset())
        supergraph.cache[memo] = found
    assert isinstance(found, tuple)
    return found


def _required(supergraph: Supergraph, parent: str, name: str, above: frozenset[tuple[str, str]]) -> Scopes:
    info = supergraph.types[parent].fields.get(name)
    if info is None or (parent, name) in above:
        return ()
    above |= {(parent, name)}
    needed = info.requirements
    owners = list(info.owners.values())
    for interface in supergraph.types[parent].interfaces:
        inherited = supergraph.types[interface].fields.get(name)
        if inherited is not None and supergraph.types[interface].objects_in:
            needed = require_all(needed, inherited.requirements)
            owners.extend(inherited.owners.values())
    for own in owners:
        for item in own.requires:
            needed = require_all(needed, _input(supergraph, parent, item, above))
    return needed


def _input(supergraph: Supergraph, parent: str, item: FieldSetField, above: frozenset[tuple[str, str]]) -> Scopes:
    """Return what reading `item` of a field set on `parent` asks for, whatever the concrete types."""
    condition = supergraph.types[item.on or parent]
    types = supergraph.types[parent].possible & condition.possible or condition.possible
    needed: Scopes = ()
    for name in families_of(supergraph).representatives(parent, types, item.name):
        needed = require_all(needed, _required(supergraph, name, item.name, above))
        info = supergraph.types[name].fields.get(item.name)
        for child in item.selections if info is not None else ():
            assert info is not None
            needed = require_all(needed, _input(supergraph, info.named, child, above))
    return needed


class _Filtering:
    """One pass over one operation."""

    def __init__(self, supergraph: Supergraph, scopes: frozenset[str]) -> None:
        self.supergraph = supergraph
        self.families = families_of(supergraph)
        self.scopes = scopes
        self.removed: dict[tuple[str, ...], Removed] = {}

    def fields(
        self,
        fields: tuple[OperationField, ...],
        static: str,
        types: frozenset[str],
        path: tuple[str, ...],
    ) -> tuple[OperationField, ...]:
        """Filter `fields`, selected on the concrete types `types` where the schema says `static`."""
        return tuple(self._field(field, static, types, (*path, field.response_key)) for field in fields)

    def _field(
        self, field: OperationField, static: str, types: frozenset[str], path: tuple[str, ...]
    ) -> OperationField:
        if field.name.startswith("__"):
            return field
        concerned = self.supergraph.possible(static) if field.uniform else types
        for name in self.families.representatives(static, concerned, field.name):
            needed = required_scopes(self.supergraph, name, field.name)
            if needed and not any(alternative <= self.scopes for alternative in needed):
                coordinate = (field.parent, field.name)
                self.removed.setdefault(path, Removed(path=path, coordinate=coordinate, scopes=needed))
                return replace(field, removed=True)
        if not field.cases:
            return field
        cases = tuple(
            OperationCase(types=case.types, fields=self.fields(case.fields, field.named, case.types, path))
            for case in field.cases
        )
        if all(
            a is b
            for old, new in zip(field.cases, cases, strict=True)
            for a, b in zip(old.fields, new.fields, strict=True)
        ):
            return field
        return replace(field, cases=cases)
