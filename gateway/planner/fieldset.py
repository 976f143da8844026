"""Field sets: the `fields` arguments of `@key`, `@requires` and `@provides` as values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from graphql import FieldNode, GraphQLError, InlineFragmentNode, SelectionSetNode, parse, print_ast
from graphql.language import OperationDefinitionNode

from gateway.planner.errors import PlanError


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSetField:
    """One field of a field set. `on` is the type condition it stands under (None: the enclosing type)."""

    name: str
    arguments: str = ""
    on: str | None = None
    selections: tuple[FieldSetField, ...] = ()


FieldSet = tuple[FieldSetField, ...]


@lru_cache(maxsize=8192)
def parse_field_set(text: str) -> FieldSet:
    """Parse `text`, the inside of a selection set without its braces."""
    try:
        document = parse("{" + text + "}", no_location=True)
    except GraphQLError as error:
        raise PlanError("INVALID_SUPERGRAPH", f"field set {text!r}: {error.message}") from error
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return tuple(_fields(operation.selection_set, None))


def _fields(selection_set: SelectionSetNode, on: str | None) -> list[FieldSetField]:
    fields: list[FieldSetField] = []
    for node in selection_set.selections:
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition.name.value if node.type_condition else on
            fields.extend(_fields(node.selection_set, condition))
        elif isinstance(node, FieldNode):
            children = _fields(node.selection_set, None) if node.selection_set else []
            fields.append(
                FieldSetField(
                    name=node.name.value,
                    arguments=print_arguments(node),
                    on=on,
                    selections=tuple(children),
                )
            )
    return fields


def print_arguments(node: FieldNode) -> str:
    """Print the arguments of `node`, sorted by name, parentheses included; empty without arguments."""
    if not node.arguments:
        return ""
    printed = sorted(f"{argument.name.value}: {print_ast(argument.value)}" for argument in node.arguments)
    return f"({', '.join(printed)})"
