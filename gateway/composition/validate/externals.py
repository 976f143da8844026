"""`@external`: only on fields of objects, and only where something uses it."""

from __future__ import annotations

from gateway.composition.schema.model import Kind, applications
from gateway.composition.subgraph.usage import Usage

from .report import Report


def check_externals(report: Report, facts: Usage) -> None:
    """Report externals on interfaces and externals without a use; Federation 1 has the upgrade instead."""
    subgraph = report.subgraph
    if subgraph.is_federation_1:
        return
    types = subgraph.schema.types
    for definition in types.values():
        for field in definition.fields.values():
            marks = applications(field.directives, "external")
            if definition.kind is Kind.INTERFACE and marks:
                report(
                    "EXTERNAL_ON_INTERFACE",
                    f'Interface type field "{definition.name}.{field.name}" is marked @external but @external is '
                    "not allowed on interface fields.",
                    marks[0].at,
                )
            coordinate = (definition.name, field.name)
            if coordinate not in facts.external or coordinate in facts.used:
                continue
            if any(field.name in types[i].fields for i in definition.interfaces if i in types):
                continue
            report(
                "EXTERNAL_UNUSED",
                f'Field "{definition.name}.{field.name}" is marked @external but is not used in any federation '
                "directive (@key, @provides, @requires) or to satisfy an interface; the field declaration has no "
                "use and should be removed (or the field should not be @external).",
                field.at,
            )
