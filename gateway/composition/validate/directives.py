"""`@shareable` and the authorization directives: not on interfaces."""

from __future__ import annotations

from gateway.composition.schema.model import Applied, Kind, TypeDef, is_applied

from .report import Report

_AUTHORIZATION = ("authenticated", "requiresScopes", "policy")


def check_placement(report: Report) -> None:
    """Report directives on interfaces that only objects can have."""
    for definition in report.subgraph.schema.types.values():
        interface_object = is_applied(definition.directives, "interfaceObject")
        if definition.kind is not Kind.INTERFACE and not interface_object:
            continue
        label = "interface object" if interface_object else "interface"
        for directive in definition.directives:
            _authorization(report, directive, f'{label} "{definition.name}"')
        if interface_object:
            continue
        for field in definition.fields.values():
            for directive in field.directives:
                _authorization(report, directive, f'field "{definition.name}.{field.name}"')
        _shareable(report, definition)


def _authorization(report: Report, directive: Applied, where: str) -> None:
    if directive.spec in _AUTHORIZATION:
        report(
            "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE",
            f"Invalid use of @{directive.name} on {where}: @{directive.name} cannot be applied on interfaces, "
            "interface fields and interface objects; apply it to the fields of the implementing types",
            directive.at,
        )


def _shareable(report: Report, definition: TypeDef) -> None:
    for field in definition.fields.values():
        for directive in field.directives:
            if directive.spec == "shareable":
                report(
                    "INVALID_SHAREABLE_USAGE",
                    f'Invalid use of @{directive.name} on field "{definition.name}.{field.name}": only object type '
                    f"fields can be marked with @{directive.name}",
                    directive.at,
                )
