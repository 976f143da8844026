"""Static cost of an operation (demand control), before anything is fetched.

After the IBM cost specification as Apollo Federation carries it (`@cost`, `@listSize`; `specs.apollo.dev/cost`):
a field that returns an object, interface or union costs 1, a leaf 0, each times the sizes of the lists around it.
`@cost(weight:)` on a field, its type or an argument replaces or adds; `@listSize` tells a list's size by
`assumedSize` or by a slicing argument, for the field itself or for its `sizedFields`. A connection, as Relay specifies
it, needs no `@listSize`: `first` and `last` tell the size of its `edges` and `nodes`. A list that nothing tells the
size of counts as `assumed_list_size`. Of fragments on different types the most expensive type counts.

An estimator is made once per operation and then only multiplies: sizes may hang on variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    ListTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    SchemaDefinitionNode,
    SelectionSetNode,
    TypeNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    value_from_ast_untyped,
)

Variables = Mapping[str, Any]
Estimator = Callable[[Variables], float]

MUTATION_COST = 10.0
"""What a mutation costs beside its fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _ListSize:
    assumed: int | None = None
    slicing: tuple[str, ...] = ()
    sized: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _FieldCost:
    weight: float
    is_list: bool
    arguments: Mapping[str, float]
    size: _ListSize | None
    defaults: Mapping[str, Any]


class CostModel:
    """The weights of one supergraph."""

    def __init__(self, document: DocumentNode, schema: GraphQLSchema, *, assumed_list_size: int) -> None:
        """`document` is the supergraph."""
        self._schema = schema
        self._assumed = assumed_list_size
        cost, list_size = _names(document)
        types = {node.name.value: node for node in document.definitions if hasattr(node, "name") and node.name}
        weights = {name: _weight(getattr(node, "directives", None), cost) for name, node in types.items()}
        self._fields: dict[tuple[str, str], _FieldCost] = {}
        for owner, node in types.items():
            for field in getattr(node, "fields", None) or ():
                if not hasattr(field, "arguments"):
                    continue
                named, depth = _unwrap(field.type)
                own = _weight(field.directives, cost)
                by_type = weights.get(named)
                composite = is_composite_type(schema.type_map.get(named))
                weight = own if own is not None else by_type if by_type is not None else float(composite)
                self._fields[owner, field.name.value] = _FieldCost(
                    weight=weight,
                    is_list=depth > 0,
                    arguments={
                        each.name.value: found
                        for each in field.arguments or ()
                        if (found := _weight(each.directives, cost)) is not None
                    },
                    size=_list_size(field.directives, list_size) or _connection_size(field, types.get(named)),
                    defaults={
                        each.name.value: value_from_ast_untyped(each.default_value)
                        for each in field.arguments or ()
                        if each.default_value is not None
                    },
                )

    def estimator(self, document: DocumentNode, operation: OperationDefinitionNode) -> Estimator:
        """Return the cost of a valid operation as a function of its coerced variables."""
        fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        root = self._schema.get_root_type(operation.operation)
        assert root is not None
        base = MUTATION_COST if operation.operation is OperationType.MUTATION else 0.0
        inner = _Walk(self, fragments).selections(operation.selection_set, root, frozenset())
        return _sum([_constant(base), inner])

    def field(self, owner: str, name: str) -> _FieldCost | None:
        """Return what a field costs; None for introspection."""
        return self._fields.get((owner, name))

    @property
    def schema(self) -> GraphQLSchema:
        """The API schema."""
        return self._schema

    @property
    def assumed_list_size(self) -> int:
        """The size of a list that nothing tells the size of."""
        return self._assumed


class _Walk:
    def __init__(self, model: CostModel, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._model = model
        self._fragments = fragments

    def selections(
        self, selections: SelectionSetNode, parent: GraphQLCompositeType, sized: frozenset[tuple[str, Estimator]]
    ) -> Estimator:
        """Return the cost of one object's selections; `sized` gives sizes to some of its lists."""
        always: list[Estimator] = []
        by_type: dict[str, list[Estimator]] = {}
        self._collect(selections, parent, parent, dict(sized), always, by_type)
        if not by_type:
            return _sum(always)
        alternatives = [_sum(self._for_type(name, by_type)) for name in sorted(self._concrete(by_type))]
        return _sum([*always, _most(alternatives)])

    def _collect(
        self,
        selections: SelectionSetNode,
        parent: GraphQLCompositeType,
        outer: GraphQLCompositeType,
        sized: Mapping[str, Estimator],
        always: list[Estimator],
        by_type: dict[str, list[Estimator]],
    ) -> None:
        for selection in selections.selections:
            match selection:
                case FieldNode():
                    into = always if parent is outer else by_type.setdefault(parent.name, [])
                    into.append(self._field(selection, parent, sized))
                case InlineFragmentNode(type_condition=condition, selection_set=inner):
                    kind = self._type(condition.name.value) if condition else parent
                    self._collect(inner, kind, outer, sized, always, by_type)
                case FragmentSpreadNode(name=name):
                    fragment = self._fragments[name.value]
                    kind = self._type(fragment.type_condition.name.value)
                    self._collect(fragment.selection_set, kind, outer, sized, always, by_type)

    def _field(self, node: FieldNode, parent: GraphQLCompositeType, sized: Mapping[str, Estimator]) -> Estimator:
        cost = self._model.field(parent.name, node.name.value)
        if cost is None:
            return _constant(0.0)
        given = {each.name.value: each.value for each in node.arguments or ()}
        parts = [_constant(cost.weight + sum(weight for name, weight in cost.arguments.items() if name in given))]
        slicing = self._slice(cost, given)
        inner_sizes: frozenset[tuple[str, Estimator]] = frozenset()
        if cost.size is not None and cost.size.sized:
            inner_sizes = frozenset((name, slicing) for name in cost.size.sized)
        kind = self._definition(parent, node.name.value)
        if node.selection_set is not None and kind is not None:
            named = get_named_type(kind.type)
            if is_composite_type(named):
                parts.append(self.selections(node.selection_set, named, inner_sizes))
        one = _sum(parts)
        if not cost.is_list:
            return one
        return _times(sized.get(node.name.value, slicing), one)

    def _slice(self, cost: _FieldCost, given: Mapping[str, Any]) -> Estimator:
        """Return the size of a field's list, as its slicing arguments or assumptions tell it."""
        size = cost.size
        assumed = float(self._model.assumed_list_size)
        if size is None:
            return _constant(assumed)
        if size.slicing:
            options = [
                _number(given[name]) if name in given else _constant(float(cost.defaults[name]))
                for name in size.slicing
                if name in given or isinstance(cost.defaults.get(name), int)
            ]
            if options:
                fallback = float(size.assumed if size.assumed is not None else assumed)
                return _most([_or(option, fallback) for option in options])
        return _constant(float(size.assumed if size.assumed is not None else assumed))

    def _definition(self, parent: GraphQLCompositeType, name: str) -> GraphQLField | None:
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            found: GraphQLField | None = parent.fields.get(name)
            return found
        return None

    def _type(self, name: str) -> GraphQLCompositeType:
        found = self._model.schema.type_map[name]
        assert is_composite_type(found)
        return found

    def _concrete(self, names: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for name in names:
            kind = self._type(name)
            found.add(name)
            if is_abstract_type(kind):
                found.update(
                    each for each in names if any(t.name == each for t in self._model.schema.get_possible_types(kind))
                )
        return found

    def _for_type(self, name: str, by_type: Mapping[str, list[Estimator]]) -> list[Estimator]:
        """Return what an object of the type `name` costs: its own fragments and those of its abstract types."""
        parts = list(by_type.get(name, ()))
        own = self._type(name)
        for other, estimators in by_type.items():
            kind = self._type(other)
            if other != name and is_abstract_type(kind) and self._is_within(own, kind):
                parts.extend(estimators)
        return parts

    def _is_within(self, own: GraphQLCompositeType, abstract: Any) -> bool:
        return isinstance(own, GraphQLObjectType | GraphQLInterfaceType) and self._model.schema.is_sub_type(
            abstract, own
        )


def _constant(value: float) -> Estimator:
    def constant(_: Variables) -> float:
        return value

    constant.value = value  # type: ignore[attr-defined]
    return constant


def _known(estimators: Sequence[Estimator]) -> list[float] | None:
    values = [getattr(each, "value", None) for each in estimators]
    return None if None in values else [float(each) for each in values if each is not None]


def _sum(estimators: Sequence[Estimator]) -> Estimator:
    values = _known(estimators)
    return (
        _constant(sum(values)) if values is not None else lambda variables: sum(each(variables) for each in estimators)
    )


def _most(estimators: Sequence[Estimator]) -> Estimator:
    values = _known(estimators)
    if values is not None:
        return _constant(max(values, default=0.0))
    return lambda variables: max(each(variables) for each in estimators)


def _times(size: Estimator, one: Estimator) -> Estimator:
    values = _known([size, one])
    return (
        _constant(values[0] * values[1]) if values is not None else lambda variables: size(variables) * one(variables)
    )


def _or(size: Estimator, fallback: float) -> Estimator:
    """Return `size`, or the fallback where a variable leaves it open."""

    def estimate(variables: Variables) -> float:
        value = size(variables)
        return fallback if value < 0 else value

    values = _known([size])
    return _constant(fallback if values[0] < 0 else values[0]) if values is not None else estimate


def _number(node: Any) -> Estimator:
    """Return the number that an argument gives; -1 where it gives none."""
    if node.kind == "variable":
        name = node.name.value

        def read(variables: Variables) -> float:
            value = variables.get(name)
            return float(value) if isinstance(value, int) else -1.0

        return read
    value = value_from_ast_untyped(node)
    return _constant(float(value) if isinstance(value, int) else -1.0)


def _names(document: DocumentNode) -> tuple[str, str]:
    """Return the names under which this supergraph has `@cost` and `@listSize`."""
    names = {"cost": "cost", "listSize": "listSize"}
    for definition in document.definitions:
        if not isinstance(definition, SchemaDefinitionNode):
            continue
        for link in definition.directives or ():
            arguments = {each.name.value: value_from_ast_untyped(each.value) for each in link.arguments or ()}
            if link.name.value != "link" or "/cost/" not in str(arguments.get("url", "")):
                continue
            prefix = arguments.get("as") or "cost"
            names = {"cost": str(prefix), "listSize": f"{prefix}__listSize"}
            for item in arguments.get("import") or ():
                name, alias = (item, item) if isinstance(item, str) else (item["name"], item.get("as") or item["name"])
                names[name.lstrip("@")] = alias.lstrip("@")
    return names["cost"], names["listSize"]


def _arguments(directives: Iterable[DirectiveNode] | None, name: str) -> dict[str, Any] | None:
    for directive in directives or ():
        if directive.name.value == name:
            return {each.name.value: value_from_ast_untyped(each.value) for each in directive.arguments or ()}
    return None


def _weight(directives: Iterable[DirectiveNode] | None, name: str) -> float | None:
    found = _arguments(directives, name)
    return None if found is None else float(found.get("weight", 0))


def _list_size(directives: Iterable[DirectiveNode] | None, name: str) -> _ListSize | None:
    found = _arguments(directives, name)
    if found is None:
        return None
    return _ListSize(
        assumed=found.get("assumedSize"),
        slicing=tuple(found.get("slicingArguments") or ()),
        sized=tuple(found.get("sizedFields") or ()),
    )


def _connection_size(field: Any, connection: Any) -> _ListSize | None:
    """Return what sizes a field's connection (relay.dev/graphql/connections.htm); None where it returns none."""
    slicing = tuple(each.name.value for each in field.arguments or () if each.name.value in ("first", "last"))
    fields = {each.name.value for each in getattr(connection, "fields", None) or ()}
    if not slicing or not {"edges", "pageInfo"} <= fields:
        return None
    return _ListSize(assumed=None, slicing=slicing, sized=("edges", "nodes"))


def _unwrap(node: TypeNode) -> tuple[str, int]:
    depth = 0
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        depth += isinstance(node, ListTypeNode)
        node = node.type
    return str(node.name.value), depth  # type: ignore[attr-defined]
