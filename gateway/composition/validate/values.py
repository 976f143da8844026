"""Whether a literal fits a type (GraphQL specification, §5.6 and §3)."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
)

from gateway.composition.schema.model import Kind, TypeDef
from gateway.composition.schema.typeref import ListOf, NonNull, TypeRef

_MAX_INT = 2**31


def fits(node: ValueNode, ref: TypeRef, types: Mapping[str, TypeDef], *, partial: bool = False) -> bool:
    """Whether the literal is a value of the type; unknown types and custom scalars accept all.

    With `partial`, input objects may lack required fields, as both reference composers allow in
    the arguments of applied directives.
    """
    if isinstance(ref, NonNull):
        return not isinstance(node, NullValueNode) and fits(node, ref.of, types, partial=partial)
    if isinstance(node, NullValueNode):
        return True
    if isinstance(ref, ListOf):
        values = node.values if isinstance(node, ListValueNode) else (node,)
        return all(fits(v, ref.of, types, partial=partial) for v in values)
    return _fits_named(node, ref.name, types, partial=partial)


def _fits_named(node: ValueNode, name: str, types: Mapping[str, TypeDef], *, partial: bool) -> bool:
    match name:
        case "Int":
            return isinstance(node, IntValueNode) and -_MAX_INT <= int(node.value) < _MAX_INT
        case "Float":
            return isinstance(node, IntValueNode | FloatValueNode)
        case "String":
            return isinstance(node, StringValueNode)
        case "Boolean":
            return isinstance(node, BooleanValueNode)
        case "ID":
            return isinstance(node, StringValueNode | IntValueNode)
    definition = types.get(name)
    if definition is None or definition.kind is Kind.SCALAR:
        return True
    if definition.kind is Kind.ENUM:
        # Quoted enum values are widespread in subgraphs; the merge prints them unquoted.
        return isinstance(node, EnumValueNode | StringValueNode) and node.value in definition.values
    if definition.kind is not Kind.INPUT or not isinstance(node, ObjectValueNode):
        return False
    given = {f.name.value: f.value for f in node.fields}
    return all(n in definition.inputs for n in given) and all(
        fits(given[n], v.type, types, partial=partial)
        if n in given
        else partial or v.default is not None or not isinstance(v.type, NonNull)
        for n, v in definition.inputs.items()
    )
