"""Takes the client's ids out of an operation: what stands at a sealed argument becomes a variable of our own.

Plans must not depend on who asks, and unsealing does. So before planning every literal and every variable at a
sealed coordinate is replaced by a new variable, whose value is computed for each request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    ListValueNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    parse_type,
    value_from_ast_untyped,
    visit,
)

Unseal = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """A variable that replaces what the client wrote: the value of their `variable`, or the literal `value`."""

    name: str
    type: GraphQLInputType
    is_sealed: bool
    variable: str | None = None
    value: Any = None


class SealedArguments:
    """The sealed coordinates of a schema's arguments and input fields."""

    def __init__(self, schema: GraphQLSchema, coordinates: Set[tuple[str, ...]]) -> None:
        self._schema = schema
        self._coordinates = coordinates
        self._holds: dict[str, bool] = {}

    def __bool__(self) -> bool:
        return bool(self._coordinates)

    def is_sealed_argument(self, parent: str, field: str, argument: str) -> bool:
        """Tell whether an argument is sealed on `parent` or on a type that implements it."""
        if (parent, field, argument) in self._coordinates:
            return True
        kind = self._schema.type_map.get(parent)
        return isinstance(kind, GraphQLInterfaceType) and any(
            (each.name, field, argument) in self._coordinates for each in self._schema.get_possible_types(kind)
        )

    def is_sealed_input(self, parent: str, field: str) -> bool:
        """Tell whether a field of an input type is sealed."""
        return (parent, field) in self._coordinates

    def is_affected(self, kind: GraphQLInputType) -> bool:
        """Tell whether values of a type can hold a sealed field, at any depth."""
        named = get_named_type(kind)
        if not isinstance(named, GraphQLInputObjectType):
            return False
        known = self._holds.get(named.name)
        if known is None:
            self._holds[named.name] = False
            known = self._holds[named.name] = any(
                self.is_sealed_input(named.name, name) or self.is_affected(field.type)
                for name, field in named.fields.items()
            )
        return known

    def unseal(self, lifted: Lifted, variables: Mapping[str, Any], unseal: Unseal, into: dict[str, Any]) -> None:
        """Compute the value of a lifted variable from the client's coerced variables."""
        if lifted.variable is None:
            into[lifted.name] = self._value(lifted.value, lifted.type, lifted.is_sealed, unseal)
        elif lifted.variable in variables:
            into[lifted.name] = self._value(variables[lifted.variable], lifted.type, lifted.is_sealed, unseal)

    def _value(self, value: Any, kind: GraphQLInputType, is_sealed: bool, unseal: Unseal) -> Any:
        if value is None:
            return None
        if isinstance(value, list):
            return [self._value(each, kind, is_sealed, unseal) for each in value]
        if isinstance(value, dict):
            named = get_named_type(kind)
            if not isinstance(named, GraphQLInputObjectType):
                return value
            return {
                name: self._value(each, named.fields[name].type, self.is_sealed_input(named.name, name), unseal)
                for name, each in value.items()
            }
        return unseal(str(value)) if is_sealed else value


def lift_sealed(
    document: DocumentNode, schema: GraphQLSchema, sealed: SealedArguments
) -> tuple[DocumentNode, tuple[Lifted, ...]]:
    """Return the document with sealed values lifted into variables, and these variables."""
    if not sealed:
        return document, ()
    type_info = TypeInfo(schema)
    lifter = _Lifter(type_info, sealed, document)
    changed = visit(document, TypeInfoVisitor(type_info, lifter))
    if not lifter.lifted:
        return document, ()
    declared = tuple(
        VariableDefinitionNode(
            variable=VariableNode(name=NameNode(value=each.name)),
            type=parse_type(str(each.type)),
            directives=(),
        )
        for each in lifter.lifted.values()
    )
    definitions = []
    for definition in changed.definitions:
        if isinstance(definition, OperationDefinitionNode):
            variables = (*(definition.variable_definitions or ()), *declared)
            definition = replace(definition, variable_definitions=variables)
        definitions.append(definition)
    return DocumentNode(definitions=tuple(definitions)), tuple(lifter.lifted.values())


class _Lifter(Visitor):
    """Replaces the values of sealed arguments while the types on the way are tracked."""

    def __init__(self, type_info: TypeInfo, sealed: SealedArguments, document: DocumentNode) -> None:
        super().__init__()
        self.lifted: dict[tuple[str, str, str, bool], Lifted] = {}
        self._type_info = type_info
        self._sealed = sealed
        self._taken = _variable_names(document)

    def enter_argument(self, node: ArgumentNode, *_: Any) -> ArgumentNode | None:
        """Lift the value of an argument, or the parts of it that are sealed."""
        argument = self._type_info.get_argument()
        parent = self._type_info.get_parent_type()
        field = self._type_info.get_field_def()
        if argument is None or parent is None or field is None or self._type_info.get_directive() is not None:
            return None
        name = field.ast_node.name.value if field.ast_node else None
        is_sealed = name is not None and self._sealed.is_sealed_argument(parent.name, name, node.name.value)
        if not is_sealed and not self._sealed.is_affected(argument.type):
            return None
        value = self._lift(node.value, argument.type, is_sealed)
        if value is node.value:
            return None
        return replace(node, value=value)

    def _lift(self, node: ValueNode, kind: GraphQLInputType, is_sealed: bool) -> ValueNode:
        if isinstance(node, NullValueNode):
            return node
        if isinstance(node, VariableNode):
            if not is_sealed and not self._sealed.is_affected(kind):
                return node
            return self._variable(node.name.value, kind, is_sealed, variable=node.name.value)
        if isinstance(node, ListValueNode):
            element = _element(kind)
            return replace(node, values=tuple(self._lift(each, element, is_sealed) for each in node.values))
        if isinstance(node, ObjectValueNode):
            named = get_named_type(kind)
            if not isinstance(named, GraphQLInputObjectType):
                return node
            return replace(node, fields=tuple(self._lift_field(each, named) for each in node.fields))
        if not is_sealed:
            return node
        value = value_from_ast_untyped(node)
        return self._variable(str(value), kind, is_sealed, value=value)

    def _lift_field(self, node: ObjectFieldNode, parent: GraphQLInputObjectType) -> ObjectFieldNode:
        field = parent.fields.get(node.name.value)
        if field is None:
            return node
        is_sealed = self._sealed.is_sealed_input(parent.name, node.name.value)
        return replace(node, value=self._lift(node.value, field.type, is_sealed))

    def _variable(
        self, what: str, kind: GraphQLInputType, is_sealed: bool, variable: str | None = None, value: Any = None
    ) -> VariableNode:
        key = ("variable" if variable is not None else "literal", what, str(kind), is_sealed)
        found = self.lifted.get(key)
        if found is None:
            name = f"_u{len(self.lifted)}"
            while name in self._taken:
                name += "_"
            found = self.lifted[key] = Lifted(name=name, type=kind, is_sealed=is_sealed, variable=variable, value=value)
        return VariableNode(name=NameNode(value=found.name))


def _element(kind: GraphQLInputType) -> GraphQLInputType:
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return inner.of_type if isinstance(inner, GraphQLList) else kind


def _variable_names(document: DocumentNode) -> set[str]:
    return {
        variable.variable.name.value
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
        for variable in definition.variable_definitions or ()
    }
