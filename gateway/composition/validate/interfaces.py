"""Entity interfaces and interface objects."""

from __future__ import annotations

from gateway.composition.schema.literals import flag
from gateway.composition.schema.model import Kind, TypeDef, applications
from gateway.composition.subgraph.fieldset import FieldSelection, Fragment, Selections, print_field_set
from gateway.composition.subgraph.usage import key_sets

from .report import Report


def normalized(selections: Selections) -> str:
    """A text that is equal for field sets that select the same, in whatever order."""
    parts = []
    for item in selections:
        match item:
            case FieldSelection():
                inner = "" if item.selections is None else "{" + normalized(item.selections) + "}"
                parts.append(item.name + inner)
            case Fragment():
                parts.append(f"... on {item.condition}" + "{" + normalized(item.selections) + "}")
    return " ".join(sorted(parts))


def check_interfaces(report: Report) -> None:
    """Keys of interfaces are on all implementations; interface objects have a key."""
    if report.subgraph.is_federation_1:
        return
    schema = report.subgraph.schema
    for definition in schema.types.values():
        if definition.kind is Kind.INTERFACE:
            _check_keys(report, definition)
        for mark in applications(definition.directives, "interfaceObject"):
            if not applications(definition.directives, "key"):
                report(
                    "INTERFACE_OBJECT_USAGE_ERROR",
                    f"The @{mark.name} directive can only be applied to entity types but type "
                    f'"{definition.name}" has no @key in this subgraph.',
                    mark.at,
                )


def _check_keys(report: Report, interface: TypeDef) -> None:
    keys = list(key_sets(interface))
    if not keys:
        return
    implementations = report.subgraph.schema.implementations(interface.name)
    for implementation in implementations:
        if implementation.kind is not Kind.OBJECT:
            continue
        own = {normalized(s): flag(k.args, "resolvable", True) for k, s in key_sets(implementation)}
        for key, selections in keys:
            shown = f'@{key.name}(fields: "{print_field_set(selections)}")'
            found = own.get(normalized(selections))
            if found is None:
                report(
                    "INTERFACE_KEY_NOT_ON_IMPLEMENTATION",
                    f'Key {shown} on interface type "{interface.name}" is missing on implementation type '
                    f'"{implementation.name}".',
                    implementation.at,
                )
            elif found is not flag(key.args, "resolvable", True):
                report(
                    "INTERFACE_KEY_NOT_ON_IMPLEMENTATION",
                    f'Key {shown} on interface type "{interface.name}" has a different "resolvable" on '
                    f'implementation type "{implementation.name}".',
                    implementation.at,
                )
