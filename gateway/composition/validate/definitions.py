"""Definitions of federation's own directives and types, where an author wrote them out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gateway.composition.schema.literals import print_value, same_value
from gateway.composition.schema.model import BUILT_IN_SCALARS, DirectiveDef, InputValue, Kind, Schema
from gateway.composition.schema.typeref import ListOf, Named, NonNull, TypeRef
from gateway.composition.subgraph import specs
from gateway.composition.subgraph.links import FEDERATION

from .report import Report

_KIND_NAMES = {
    Kind.SCALAR: "ScalarType",
    Kind.OBJECT: "ObjectType",
    Kind.INTERFACE: "InterfaceType",
    Kind.UNION: "UnionType",
    Kind.ENUM: "EnumType",
    Kind.INPUT: "InputObjectType",
}


def check_definitions(report: Report, written: Schema) -> None:
    """Written definitions of specified elements must be compatible with the specification."""
    subgraph = report.subgraph
    for local, definition in written.directives.items():
        spec = subgraph.names.get(local)
        if spec is None or spec in specs.GRAPHQL_DIRECTIVES or spec in ("link", "core"):
            continue
        _check_directive(report, definition, _expected(report, spec, local), written)
    federation = subgraph.links.get(FEDERATION)
    if federation is None:
        return
    for element in specs.federation_types(federation.version):
        local = federation.type(element)
        found = written.types.get(local)
        if found is not None and found.kind is not Kind.SCALAR:
            report(
                "TYPE_DEFINITION_INVALID",
                f"Invalid definition for type {element}: {local} should be a ScalarType but is defined as a "
                f"{_KIND_NAMES[found.kind]}",
                found.at,
            )


def _expected(report: Report, spec: str, local: str) -> DirectiveDef:
    links = report.subgraph.links
    federation = links.get(FEDERATION)
    if federation is not None and spec in specs.federation_directives(federation.version):
        if federation.directive(spec) == local:
            definition = specs.federation_definition(spec, federation.version)
            return replace(specs.with_types(definition, federation.type), name=local)
    elif federation is None and spec in specs.FEDERATION_1 and spec == local:
        return specs.federation_1_definition(spec)
    definition = specs.federation_definition(spec, specs.LATEST)
    link = links.get(specs.FEATURE_OF_DIRECTIVE[spec].identity)
    return specs.with_types(definition, link.type) if link else definition


def _check_directive(report: Report, definition: DirectiveDef, expected: DirectiveDef, written: Schema) -> None:
    def wrong(what: str) -> None:
        report(
            "DIRECTIVE_DEFINITION_INVALID",
            f'Invalid definition for directive "@{definition.name}": {what}',
            definition.at,
        )

    for name, argument in expected.args.items():
        found = definition.args.get(name)
        if found is None:
            if isinstance(argument.type, NonNull) and argument.default is None:
                wrong(f'missing required argument "{name}"')
            continue
        _check_argument(wrong, found, argument, written)
    for name in definition.args:
        if name not in expected.args:
            wrong(f'unknown/unsupported argument "{name}"')
    if definition.repeatable and not expected.repeatable:
        wrong(f'"@{definition.name}" should not be repeatable')
    extra = [x for x in definition.locations if x not in expected.locations]
    if extra:
        wrong(
            f'"@{definition.name}" should have locations {", ".join(expected.locations)}, but found '
            f"(non-subset) {', '.join(definition.locations)}"
        )


def _check_argument(wrong: Callable[[str], None], found: InputValue, expected: InputValue, written: Schema) -> None:
    actual = found.type
    if isinstance(actual, NonNull) and not isinstance(expected.type, NonNull):
        actual = actual.of
    if actual != expected.type and not _may_redefine(expected.type, actual, written):
        wrong(f'argument "{found.name}" should have type "{expected.type}" but found type "{found.type}"')
    elif not isinstance(found.type, NonNull) and not same_value(expected.default, found.default):
        words = [print_value(v.default) if v.default is not None else "null" for v in (expected, found)]
        wrong(f'argument "{found.name}" should have default value {words[0]} but found default value {words[1]}')


def _may_redefine(expected: TypeRef, actual: TypeRef, written: Schema) -> bool:
    """A specification's scalar may be redefined as any type that is no custom scalar itself."""
    if isinstance(expected, ListOf):
        return isinstance(actual, ListOf) and _may_redefine(expected.of, actual.of, written)
    if isinstance(expected, NonNull):
        return isinstance(actual, NonNull) and _may_redefine(expected.of, actual.of, written)
    if actual == expected:
        return True
    if expected.name in BUILT_IN_SCALARS or not isinstance(actual, Named):
        return expected.name not in BUILT_IN_SCALARS
    definition = written.types.get(actual.name)
    return actual.name in BUILT_IN_SCALARS or (definition is not None and definition.kind is not Kind.SCALAR)
