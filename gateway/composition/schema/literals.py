"""GraphQL values: printed, compared, and read as Python values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from graphql import (
    BooleanValueNode,
    ConstListValueNode,
    ConstObjectFieldNode,
    ConstObjectValueNode,
    ConstValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NameNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
)

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"


def print_value(node: ValueNode) -> str:
    """The value as one line of SDL."""
    match node:
        case StringValueNode():
            return json.dumps(node.value, ensure_ascii=False)
        case BooleanValueNode():
            return "true" if node.value else "false"
        case NullValueNode():
            return "null"
        case ListValueNode():
            return "[" + ", ".join(print_value(v) for v in node.values) + "]"
        case ObjectValueNode():
            return "{" + ", ".join(f"{f.name.value}: {print_value(f.value)}" for f in node.fields) + "}"
        case IntValueNode() | FloatValueNode() | EnumValueNode():
            return str(node.value)
        case VariableNode():
            return f"${node.name.value}"
        case _:
            raise TypeError(f"not a value node: {node!r}")


def canonical(node: ValueNode) -> str:
    """A text that is equal for equal values: object fields are sorted, `1.0` stays apart from `1`."""
    match node:
        case ListValueNode():
            return "[" + ",".join(canonical(v) for v in node.values) + "]"
        case ObjectValueNode():
            fields = sorted((f.name.value, canonical(f.value)) for f in node.fields)
            return "{" + ",".join(f"{name}:{value}" for name, value in fields) + "}"
        case _:
            return print_value(node)


def same_value(a: ValueNode | None, b: ValueNode | None) -> bool:
    """Whether both are absent or both stand for the same value."""
    if a is None or b is None:
        return a is b
    return canonical(a) == canonical(b)


def canonical_args(args: Mapping[str, ValueNode]) -> str:
    """A text that is equal for equal argument sets, whatever their order."""
    return ",".join(f"{name}:{canonical(value)}" for name, value in sorted(args.items()))


def plain(node: ValueNode) -> Plain:
    """The value as Python data; enum values become their names."""
    match node:
        case NullValueNode():
            return None
        case IntValueNode():
            return int(node.value)
        case FloatValueNode():
            return float(node.value)
        case BooleanValueNode() | StringValueNode() | EnumValueNode():
            return node.value
        case ListValueNode():
            return [plain(v) for v in node.values]
        case ObjectValueNode():
            return {f.name.value: plain(f.value) for f in node.fields}
        case _:
            raise TypeError(f"not a constant value: {node!r}")


def string(text: str) -> StringValueNode:
    """A string literal."""
    return StringValueNode(value=text, block=False)


def boolean(value: bool) -> BooleanValueNode:
    """A Boolean literal."""
    return BooleanValueNode(value=value)


def integer(value: int) -> IntValueNode:
    """An integer literal."""
    return IntValueNode(value=str(value))


def enum(name: str) -> EnumValueNode:
    """An enum literal."""
    return EnumValueNode(value=name)


def list_of(values: Sequence[ConstValueNode]) -> ConstListValueNode:
    """A list literal."""
    return ConstListValueNode(values=tuple(values))


def object_of(fields: Mapping[str, ConstValueNode]) -> ConstObjectValueNode:
    """An object literal."""
    return ConstObjectValueNode(
        fields=tuple(ConstObjectFieldNode(name=NameNode(value=k), value=v) for k, v in fields.items())
    )


def strings(node: ValueNode | None) -> tuple[str, ...]:
    """The strings of a list literal; a single string counts as a list of one."""
    if isinstance(node, StringValueNode):
        return (node.value,)
    if isinstance(node, ListValueNode):
        return tuple(v.value for v in node.values if isinstance(v, StringValueNode))
    return ()


def text(args: Mapping[str, ValueNode], name: str) -> str | None:
    """A string argument, or None where it is absent or of another kind."""
    node = args.get(name)
    return node.value if isinstance(node, StringValueNode) else None


def flag(args: Mapping[str, ValueNode], name: str, default: bool) -> bool:
    """A Boolean argument, or the default where it is absent or of another kind."""
    node = args.get(name)
    return node.value if isinstance(node, BooleanValueNode) else default
