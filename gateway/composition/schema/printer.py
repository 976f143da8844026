"""A schema as SDL: types and directives by name, elements in their own order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from graphql.language.block_string import dedent_block_string_lines

from .literals import print_value
from .model import Applied, DirectiveDef, EnumValue, Field, InputValue, Kind, TypeDef

_KEYWORDS = {
    Kind.SCALAR: "scalar",
    Kind.OBJECT: "type",
    Kind.INTERFACE: "interface",
    Kind.UNION: "union",
    Kind.ENUM: "enum",
    Kind.INPUT: "input",
}


def print_applied(directives: Iterable[Applied]) -> list[str]:
    """Each application as text."""
    return [f"@{d.name}" + _values(d) for d in directives]


def _values(directive: Applied) -> str:
    if not directive.args:
        return ""
    return "(" + ", ".join(f"{n}: {print_value(v)}" for n, v in directive.args.items()) + ")"


def print_type(definition: TypeDef) -> str:
    """One type."""
    head = f"{_KEYWORDS[definition.kind]} {definition.name}"
    if definition.interfaces:
        head += " implements " + " & ".join(definition.interfaces)
    lines = [*_description(definition.description, ""), head]
    applied = print_applied(definition.directives)
    lines.extend("  " + d for d in applied)
    body = _body(definition)
    if definition.kind is Kind.UNION and definition.members:
        members = " = " + " | ".join(definition.members)
        if applied:
            lines.append(" " + members)
        else:
            lines[-1] += members
    if not body:
        return "\n".join(lines)
    if applied:
        lines.append("{")
    else:
        lines[-1] += " {"
    return "\n".join([*lines, *body, "}"])


def _body(definition: TypeDef) -> list[str]:
    match definition.kind:
        case Kind.OBJECT | Kind.INTERFACE:
            return [line for f in definition.fields.values() for line in _field(f)]
        case Kind.INPUT:
            return [line for v in definition.inputs.values() for line in _input(v)]
        case Kind.ENUM:
            return [line for v in definition.values.values() for line in _value(v)]
        case _:
            return []


def _field(field: Field) -> list[str]:
    text = f"{field.name}{_arguments(field.args)}: {field.type}"
    return [*_description(field.description, "  "), "  " + " ".join([text, *print_applied(field.directives)])]


def _input(value: InputValue) -> list[str]:
    return [*_description(value.description, "  "), "  " + _value_text(value)]


def _value(value: EnumValue) -> list[str]:
    text = " ".join([value.name, *print_applied(value.directives)])
    return [*_description(value.description, "  "), "  " + text]


def _value_text(value: InputValue) -> str:
    text = f"{value.name}: {value.type}"
    if value.default is not None:
        text += f" = {print_value(value.default)}"
    return " ".join([text, *print_applied(value.directives)])


def _arguments(args: Mapping[str, InputValue]) -> str:
    if not args:
        return ""
    if not any(a.description for a in args.values()):
        return "(" + ", ".join(_value_text(a) for a in args.values()) + ")"
    lines = ["("]
    for argument in args.values():
        lines.extend(_description(argument.description, "    "))
        lines.append("    " + _value_text(argument))
    return "\n".join([*lines, "  )"])


def _description(text: str | None, indent: str) -> list[str]:
    if not text:
        return []
    lines = text.split("\n")
    if dedent_block_string_lines(["", *lines, ""]) != lines or "\r" in text:
        return [indent + json.dumps(text, ensure_ascii=False)]
    escaped = text.replace('"""', '\\"""')
    quotes = f'{indent}"""'
    return [quotes, *(f"{indent}{line}" if line else "" for line in escaped.split("\n")), quotes]


def print_directive(definition: DirectiveDef) -> str:
    """One directive definition."""
    args = ", ".join(_value_text(a) for a in definition.args.values())
    text = f"directive @{definition.name}" + (f"({args})" if args else "")
    if definition.repeatable:
        text += " repeatable"
    text += " on " + " | ".join(definition.locations)
    return "\n".join([*_description(definition.description, ""), text])


def print_schema_definition(roots: Mapping[str, str], applied: Iterable[str], description: str | None = None) -> str:
    """The `schema` block with its directives already as text."""
    lines = [*_description(description, ""), "schema", *("  " + d for d in applied), "{"]
    return "\n".join([*lines, *(f"  {o}: {n}" for o, n in roots.items()), "}"])
