"""Document → `Operation`: picks the operation, inlines fragments, drops what is constant, merges the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    VariableDefinitionNode,
    VariableNode,
    print_ast,
)
from graphql.language import Node

from gateway.planner.errors import PlanError
from gateway.planner.fieldset import print_arguments
from gateway.planner.nodes import Condition
from gateway.planner.operation import ALWAYS, Deferral, Dnf, Operation, OperationCase, OperationField, minimal
from gateway.planner.supergraph import Supergraph

MAX_FIELDS = 20_000
"""How many fields an operation may have once its fragments are inlined."""

_Conjunction = frozenset[Condition]
_Source = tuple[SelectionSetNode, _Conjunction, int]


def normalize(
    supergraph: Supergraph,
    document: DocumentNode,
    operation_name: str | None = None,
    *,
    max_fields: int = MAX_FIELDS,
    deferring: frozenset[str] | None = None,
) -> Operation:
    """Normalize one operation of `document`, which is valid against the API schema.

    `deferring`: take `@defer` seriously, where it has no `if` or one of these variables (which are true); by
    default it is ignored, as a server may.
    Raises `PlanError`: `OPERATION_NOT_FOUND`, `PLAN_FRAGMENT_CYCLE`, `PLAN_LIMIT_EXCEEDED`.
    """
    definition = _pick(document, operation_name)
    kind = definition.operation.value
    root_type = supergraph.roots.get(kind)
    if root_type is None:
        raise PlanError("OPERATION_NOT_FOUND", f"the schema has no {kind} type")
    merger = _Merger(supergraph, document, max_fields, deferring)
    # Root fields of mutations run in series and events have one root field: those are not deferred.
    merger.defers_here = kind == "query"
    try:
        cases = merger.cases(root_type, [(definition.selection_set, frozenset(), 0)])
    except RecursionError:
        raise PlanError("PLAN_LIMIT_EXCEEDED", "the operation is nested too deeply") from None
    return Operation(
        kind=kind,
        root_type=root_type,
        fields=cases[0].fields if cases else (),
        variables=tuple((v.variable.name.value, _declared(v)) for v in definition.variable_definitions or ()),
        deferrals=tuple(merger.deferrals),
    )


def _pick(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is None:
        if len(operations) == 1:
            return operations[0]
        reason = "the document has no operation" if not operations else "the document has several operations"
        raise PlanError("OPERATION_NOT_FOUND", f"{reason}; name one")
    for node in operations:
        if node.name and node.name.value == name:
            return node
    raise PlanError("OPERATION_NOT_FOUND", f"the document has no operation named {name!r}")


@dataclass(slots=True, kw_only=True)
class _Occurrence:
    """One place where a field is selected."""

    node: FieldNode
    parent: str
    types: frozenset[str]
    conditions: _Conjunction
    part: int


class _Merger:
    """Merges the selection sets of one operation."""

    def __init__(
        self, supergraph: Supergraph, document: DocumentNode, fuel: int, deferring: frozenset[str] | None
    ) -> None:
        self.supergraph = supergraph
        self.fuel = fuel
        self.deferring = deferring
        self.deferrals: list[Deferral] = []
        self.defers_here = True
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }

    def cases(self, static: str, sources: list[_Source]) -> tuple[OperationCase, ...]:
        """Merge `sources`, all selected on an object of the type `static`."""
        info = self.supergraph.types[static]
        whole = info.possible
        found: list[_Occurrence] = []
        for selection_set, conditions, part in sources:
            self._collect(selection_set, static, whole, conditions, part, found, ())
        self.defers_here = True
        self.fuel -= len(found) + 1
        if self.fuel < 0:
            raise PlanError("PLAN_LIMIT_EXCEEDED", "the operation selects too many fields")
        merged: dict[tuple[int, ...], OperationField] = {}
        return tuple(
            OperationCase(types=types, fields=self._fields(indices, found, whole, info.kind, merged))
            for types, indices in _partition(whole, found)
        )

    def _collect(
        self,
        selection_set: SelectionSetNode,
        parent: str,
        types: frozenset[str],
        conditions: _Conjunction,
        part: int,
        found: list[_Occurrence],
        spreading: tuple[str, ...],
    ) -> None:
        for node in selection_set.selections:
            own = _conditions(node.directives)
            if own is None:
                continue
            together = conditions | own if own else conditions
            if isinstance(node, FieldNode):
                found.append(_Occurrence(node=node, parent=parent, types=types, conditions=together, part=part))
                continue
            inner = spreading
            if isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name in spreading:
                    raise PlanError("PLAN_FRAGMENT_CYCLE", f"fragment {name!r} spreads itself")
                fragment = self.fragments.get(name)
                if fragment is None:
                    raise PlanError("OPERATION_NOT_FOUND", f"there is no fragment named {name!r}")
                on, body, inner = fragment.type_condition.name.value, fragment.selection_set, (*spreading, name)
            else:
                assert isinstance(node, InlineFragmentNode)
                on = node.type_condition.name.value if node.type_condition else parent
                body = node.selection_set
            self.fuel -= 1
            if self.fuel < 0:
                raise PlanError("PLAN_LIMIT_EXCEEDED", "the operation spreads too many fragments")
            condition = self.supergraph.types.get(on)
            if condition is None:
                continue
            narrowed = types if on == parent or types <= condition.possible else types & condition.possible
            if narrowed:
                self._collect(body, on, narrowed, together, self._part(node, part), found, inner)

    def _part(self, node: FragmentSpreadNode | InlineFragmentNode, part: int) -> int:
        """Return the part in which the fragment's fields are delivered."""
        directive = next((d for d in node.directives or () if d.name.value == "defer"), None)
        if directive is None or self.deferring is None or not self.defers_here:
            return part
        arguments = {argument.name.value: argument.value for argument in directive.arguments or ()}
        condition, label = arguments.get("if"), arguments.get("label")
        if isinstance(condition, BooleanValueNode) and not condition.value:
            return part
        if isinstance(condition, VariableNode) and condition.name.value not in self.deferring:
            return part
        text = label.value if isinstance(label, StringValueNode) else None
        self.deferrals.append(Deferral(label=text, within=part))
        return len(self.deferrals)

    def _fields(
        self,
        indices: tuple[int, ...],
        found: list[_Occurrence],
        whole: frozenset[str],
        kind: str,
        merged: dict[tuple[int, ...], OperationField],
    ) -> tuple[OperationField, ...]:
        by_key: dict[str, list[int]] = {}
        for index in indices:
            node = found[index].node
            by_key.setdefault((node.alias or node.name).value, []).append(index)
        fields = []
        for response_key, places in by_key.items():
            memo = tuple(places)
            if memo not in merged:
                occurrences = [found[index] for index in places]
                uniform = kind != "object" and any(o.types == whole for o in occurrences)
                merged[memo] = self._field(response_key, occurrences, uniform)
            fields.append(merged[memo])
        return tuple(fields)

    def _field(self, response_key: str, occurrences: list[_Occurrence], uniform: bool) -> OperationField:
        first = occurrences[0]
        name = first.node.name.value
        conditions: Dnf = ALWAYS
        if all(occurrence.conditions for occurrence in occurrences):
            conditions = minimal({occurrence.conditions for occurrence in occurrences})
        # Where the places differ in their conditions, each keeps its own for what it selects below.
        spread = len({occurrence.conditions for occurrence in occurrences}) > 1
        info = None if name.startswith("__") else self.supergraph.types[first.parent].fields.get(name)
        cases: tuple[OperationCase, ...] = ()
        named = "String"
        printed = "String!"
        if info is not None:
            named, printed = info.named, info.type
            if named in self.supergraph.types:
                cases = self.cases(
                    named,
                    [
                        (o.node.selection_set, o.conditions if spread else frozenset(), o.part)
                        for o in occurrences
                        if o.node.selection_set
                    ],
                )
        return OperationField(
            parent=first.parent,
            name=name,
            response_key=response_key,
            type=printed,
            named=named,
            arguments=print_arguments(first.node),
            variables=_variables(first.node.arguments or ()),
            conditions=conditions,
            cases=cases,
            uniform=uniform,
            parts=frozenset([occurrence.part for occurrence in occurrences]),
        )


def _partition(whole: frozenset[str], found: list[_Occurrence]) -> list[tuple[frozenset[str], tuple[int, ...]]]:
    """Split `whole` into sets of types that the same occurrences select, in the order of first selection."""
    if all(occurrence.types is whole or occurrence.types == whole for occurrence in found):
        return [(whole, tuple(range(len(found))))]
    chosen: dict[str, list[int]] = {name: [] for name in sorted(whole)}
    for index, occurrence in enumerate(found):
        for name in occurrence.types:
            chosen[name].append(index)
    groups: dict[tuple[int, ...], list[str]] = {}
    for name, indices in chosen.items():
        groups.setdefault(tuple(indices), []).append(name)
    return [(frozenset(names), indices) for indices, names in sorted(groups.items())]


def _conditions(directives: Iterable[DirectiveNode] | None) -> _Conjunction | None:
    """Read `@skip` and `@include`; None when the selection is never made."""
    found: set[Condition] = set()
    for directive in directives or ():
        name = directive.name.value
        if name not in ("skip", "include"):
            continue
        value = directive.arguments[0].value if directive.arguments else None
        negated = name == "skip"
        if isinstance(value, BooleanValueNode):
            if value.value == negated:
                return None
        elif isinstance(value, VariableNode):
            found.add(Condition(variable=value.name.value, negated=negated))
    if any(Condition(variable=c.variable, negated=not c.negated) in found for c in found):
        return None
    return frozenset(found)


def _declared(node: VariableDefinitionNode) -> str:
    """Print a variable's type, and its default, without which it may not stand in a non-null position."""
    default = f" = {print_ast(node.default_value)}" if node.default_value else ""
    return print_ast(node.type) + default


def _variables(nodes: Iterable[Node]) -> frozenset[str]:
    names: set[str] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, VariableNode):
            names.add(node.name.value)
            continue
        for key in node.keys:
            value = getattr(node, key, None)
            if isinstance(value, Node):
                stack.append(value)
            elif isinstance(value, (list, tuple)):
                stack.extend(item for item in value if isinstance(item, Node))
    return frozenset(names)
