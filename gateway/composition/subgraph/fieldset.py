"""Field sets: the selections inside `@key(fields:)`, `@requires(fields:)` and `@provides(fields:)`.

`parse_field_set` reads the text, `selected` walks it over a schema and says which coordinates it
touches. Whether it is valid is for the rules to say; the walk skips what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    parse,
)

from gateway.composition.schema.literals import print_value
from gateway.composition.schema.model import Kind, Schema
from gateway.composition.schema.typeref import base_name

Coordinate: TypeAlias = tuple[str, str]
"""Type name and field name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSelection:
    """A selected field."""

    name: str
    alias: str | None = None
    args: tuple[tuple[str, ValueNode], ...] = ()
    directives: tuple[str, ...] = ()
    selections: tuple[Selection, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """An inline fragment."""

    condition: str | None
    directives: tuple[str, ...] = ()
    selections: tuple[Selection, ...] = ()


Selection: TypeAlias = FieldSelection | Fragment
Selections: TypeAlias = tuple[Selection, ...]


class FieldSetSyntaxError(Exception):
    """The text is no selection set."""


@lru_cache(maxsize=8192)
def parse_field_set(text: str) -> Selections:
    """Read a field set, with or without its outer braces; raises `FieldSetSyntaxError`."""
    body = text if text.strip().startswith("{") else "{" + text + "}"
    try:
        document = parse(body, no_location=True)
    except GraphQLSyntaxError as error:
        raise FieldSetSyntaxError(error.message) from None
    operation = document.definitions[0]
    if len(document.definitions) != 1 or not isinstance(operation, OperationDefinitionNode):
        raise FieldSetSyntaxError("expected exactly one selection set")
    return _selections(operation.selection_set)


def unbraced(text: str) -> str:
    """The field set's text without outer braces, which not every router reads."""
    inner = text.strip()
    return inner[1:-1].strip() if inner.startswith("{") and inner.endswith("}") else text


def _selections(node: SelectionSetNode) -> Selections:
    if not node.selections:
        raise FieldSetSyntaxError('Syntax Error: Expected Name, found "}".')
    out: list[Selection] = []
    for item in node.selections:
        match item:
            case FieldNode():
                out.append(
                    FieldSelection(
                        name=item.name.value,
                        alias=item.alias.value if item.alias else None,
                        args=tuple((a.name.value, a.value) for a in item.arguments or ()),
                        directives=_directive_names(item.directives),
                        selections=_selections(item.selection_set) if item.selection_set else None,
                    )
                )
            case InlineFragmentNode():
                out.append(
                    Fragment(
                        condition=item.type_condition.name.value if item.type_condition else None,
                        directives=_directive_names(item.directives),
                        selections=_selections(item.selection_set),
                    )
                )
            case FragmentSpreadNode():
                raise FieldSetSyntaxError("fragment spreads are not allowed; use inline fragments")
    return tuple(out)


def _directive_names(nodes: tuple[DirectiveNode, ...] | None) -> tuple[str, ...]:
    return tuple(d.name.value for d in nodes or ())


def print_field_set(selections: Selections) -> str:
    """The field set in its shortest usual form: `id owner { name }`."""
    parts = []
    for item in selections:
        match item:
            case FieldSelection():
                text = f"{item.alias}: {item.name}" if item.alias else item.name
                if item.args:
                    text += "(" + ", ".join(f"{k}: {print_value(v)}" for k, v in item.args) + ")"
                if item.selections is not None:
                    text += " { " + print_field_set(item.selections) + " }"
                parts.append(text)
            case Fragment():
                condition = f" on {item.condition}" if item.condition else ""
                parts.append(f"...{condition} {{ {print_field_set(item.selections)} }}")
    return " ".join(parts)


def selected(schema: Schema, type_name: str, selections: Selections) -> Iterator[Coordinate]:
    """Every existing coordinate that the selections touch, outer ones first."""
    parent = schema.types.get(type_name)
    for item in selections:
        match item:
            case FieldSelection():
                found = parent.fields.get(item.name) if parent else None
                if found is None:
                    continue
                yield type_name, item.name
                if item.selections:
                    yield from selected(schema, base_name(found.type), item.selections)
            case Fragment():
                yield from selected(schema, item.condition or type_name, item.selections)


def with_implementations(schema: Schema, coordinates: Iterator[Coordinate]) -> Iterator[Coordinate]:
    """The coordinates, and for each interface field those of the types that implement it."""
    for type_name, field_name in coordinates:
        yield type_name, field_name
        if schema.types[type_name].kind is Kind.INTERFACE:
            for implementation in schema.implementations(type_name):
                if field_name in implementation.fields:
                    yield implementation.name, field_name
