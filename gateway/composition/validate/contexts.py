"""`@context` and `@fromContext` (Federation 2.8)."""

from __future__ import annotations

import re

from gateway.composition.schema.literals import flag, strings, text
from gateway.composition.schema.model import (
    COMPOSITE,
    Applied,
    Field,
    InputValue,
    Kind,
    TypeDef,
    applications,
)
from gateway.composition.schema.typeref import NonNull, TypeRef, base_name
from gateway.composition.subgraph.fieldset import FieldSelection, Fragment, Selections
from gateway.composition.subgraph.usage import context_value, setting_types

from .report import Report

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")


def check_contexts(report: Report) -> None:
    """Check what sets contexts and what reads them."""
    schema = report.subgraph.schema
    for definition in schema.types.values():
        for directive in applications(definition.directives, "context"):
            for name in strings(directive.args.get("name")):
                if not _NAME.fullmatch(name):
                    message = f'Context name "{name}" is invalid. It should have only alphanumeric characters.'
                    report("CONTEXT_NAME_INVALID", message, directive.at)
        for field in definition.fields.values():
            for argument in field.args.values():
                for directive in applications(argument.directives, "fromContext"):
                    _Reader(report, definition, field, argument, directive).check()
    for directive_def in schema.directives.values():
        for argument in directive_def.args.values():
            for directive in applications(argument.directives, "fromContext"):
                message = (
                    f"@fromContext argument cannot be used on a directive definition: "
                    f'"@{directive_def.name}({argument.name}:)"'
                )
                report("CONTEXT_NOT_SET", message, directive.at)


class _Reader:
    """One contextual argument."""

    def __init__(self, report: Report, owner: TypeDef, field: Field, argument: InputValue, directive: Applied) -> None:
        self.report = report
        self.owner = owner
        self.field = field
        self.argument = argument
        self.directive = directive
        self.coordinate = f"{owner.name}.{field.name}({argument.name}:)"

    def wrong(self, code: str, message: str) -> None:
        self.report(code, message, self.directive.at)

    def check(self) -> None:
        schema = self.report.subgraph.schema
        if self.owner.kind is not Kind.OBJECT:
            self.wrong(
                "CONTEXT_NOT_SET",
                f"@fromContext argument cannot be used on a field that exists on an abstract type: "
                f'"{self.coordinate}".',
            )
            return
        for name in self.owner.interfaces:
            interface = schema.types.get(name)
            if interface is not None and self.field.name in interface.fields:
                self.wrong(
                    "CONTEXT_NOT_SET",
                    f"@fromContext argument cannot be used on a field implementing an interface field: "
                    f'"{self.coordinate}" implements "{name}.{self.field.name}".',
                )
                return
        if self.argument.default is not None:
            self.wrong("CONTEXT_NOT_SET", f'@fromContext arguments may not have a default value: "{self.coordinate}".')
        keys = applications(self.owner.directives, "key")
        if not any(flag(k.args, "resolvable", True) for k in keys):
            self.wrong(
                "CONTEXT_NO_RESOLVABLE_KEY",
                f'Object "{self.owner.name}" has no resolvable key but has a field with a contextual argument.',
            )
        self._value(text(self.directive.args, "field") or "")

    def _value(self, written: str) -> None:
        if not written.strip().startswith("$"):
            self.wrong(
                "NO_CONTEXT_IN_SELECTION",
                f'@fromContext argument does not reference a context: "{written}" (write "$context {{ field }}").',
            )
            return
        parsed = context_value(written)
        if parsed is None:
            self.wrong(
                "CONTEXT_INVALID_SELECTION",
                f'"{written}" at "{self.coordinate}" is not a context name followed by a selection.',
            )
            return
        context, selections = parsed
        targets = setting_types(self.report.subgraph.schema, context)
        if not targets:
            self.wrong(
                "CONTEXT_NOT_SET",
                f'Context "{context}" is used at location "{self.coordinate}" but is never set.',
            )
            return
        for target in targets:
            self._selection(context, target, selections)

    def _selection(self, context: str, target: TypeDef, selections: Selections) -> None:
        found = self._leaves(target, selections, nullable=False)
        where = f'Context "{context}" is used in "{self.coordinate}" but the selection is invalid'
        if isinstance(found, str):
            self.wrong("CONTEXT_INVALID_SELECTION", f'{where} for type "{target.name}": {found}.')
            return
        if not found:
            self.wrong("CONTEXT_INVALID_SELECTION", f"{where}: it selects nothing from {target.name}.")
            return
        for ref, nullable in found:
            if not _compatible(self.argument.type, ref, nullable=nullable):
                self.wrong(
                    "CONTEXT_INVALID_SELECTION",
                    f'{where}: the type of the selection ("{ref}") does not match the expected type '
                    f'"{self.argument.type}".',
                )

    def _leaves(self, target: TypeDef, selections: Selections, *, nullable: bool) -> list[tuple[TypeRef, bool]] | str:
        """The types that the selection ends in, or what is wrong with it."""
        schema = self.report.subgraph.schema
        fields = [s for s in selections if isinstance(s, FieldSelection)]
        if len(fields) > 1:
            return "multiple selections are made"
        if fields and len(selections) > 1:
            return "a field and type conditions are mixed"
        found: list[tuple[TypeRef, bool]] = []
        for item in selections:
            if item.directives:
                return "directives are not allowed"
            match item:
                case Fragment():
                    inner = schema.types.get(item.condition or target.name)
                    possible = set(schema.possible_types(target.name))
                    if inner is None or not possible & set(schema.possible_types(inner.name)):
                        continue
                    result = self._leaves(inner, item.selections, nullable=nullable)
                case FieldSelection():
                    field = target.fields.get(item.name)
                    if field is None:
                        return f'cannot query field "{item.name}" on type "{target.name}"'
                    if item.alias is not None:
                        return "aliases are not allowed"
                    inner = schema.types.get(base_name(field.type))
                    optional = nullable or not isinstance(field.type, NonNull)
                    composite = inner is not None and inner.kind in COMPOSITE
                    if composite and inner is not None and item.selections:
                        result = self._leaves(inner, item.selections, nullable=optional)
                    elif composite or item.selections:
                        return f'the selection of field "{item.name}" must end in a scalar or enum'
                    else:
                        result = [(field.type, optional)]
            if isinstance(result, str):
                return result
            found.extend(result)
        return found


def _compatible(expected: TypeRef, actual: TypeRef, *, nullable: bool) -> bool:
    """Whether the selected value may be passed as the argument."""
    if isinstance(expected, NonNull):
        if nullable or not isinstance(actual, NonNull):
            return False
        return _compatible(expected.of, actual.of, nullable=False)
    if isinstance(actual, NonNull):
        actual = actual.of
    return expected == actual or str(expected) == str(actual).replace("!", "")
