"""`@cost` and `@listSize` (Federation 2.9)."""

from __future__ import annotations

from graphql import IntValueNode

from gateway.composition.schema.literals import strings
from gateway.composition.schema.model import COMPOSITE, Applied, Field, Kind, TypeDef, applications
from gateway.composition.schema.typeref import base_name, is_list

from .report import Report


def check_costs(report: Report) -> None:
    """Check the demand control directives of the subgraph."""
    for definition in report.subgraph.schema.types.values():
        for field in definition.fields.values():
            coordinate = f"{definition.name}.{field.name}"
            for directive in applications(field.directives, "cost"):
                if definition.kind is Kind.INTERFACE:
                    report(
                        "COST_APPLIED_TO_INTERFACE_FIELD",
                        f'@{directive.name} cannot be applied to interface "{coordinate}"',
                        directive.at,
                    )
            for directive in applications(field.directives, "listSize"):
                _list_size(report, coordinate, definition, field, directive)


def _list_size(report: Report, coordinate: str, definition: TypeDef, field: Field, directive: Applied) -> None:
    sized = strings(directive.args.get("sizedFields"))
    if not sized and not is_list(field.type):
        report("LIST_SIZE_APPLIED_TO_NON_LIST", f'"{coordinate}" is not a list', directive.at)
    assumed = directive.args.get("assumedSize")
    if isinstance(assumed, IntValueNode) and int(assumed.value) < 0:
        message = f'Assumed size of "{coordinate}" cannot be negative'
        report("LIST_SIZE_INVALID_ASSUMED_SIZE", message, directive.at)
    for name in strings(directive.args.get("slicingArguments")):
        argument = field.args.get(name)
        if argument is None:
            message = f'Slicing argument "{name}" is not an argument of "{coordinate}"'
        elif str(argument.type) not in ("Int", "Int!"):
            message = f'Slicing argument "{coordinate}({name}:)" must be Int or Int!'
        else:
            continue
        report("LIST_SIZE_INVALID_SLICING_ARGUMENT", message, directive.at)
    if sized:
        _sized_fields(report, field, directive, sized)


def _sized_fields(report: Report, field: Field, directive: Applied, sized: tuple[str, ...]) -> None:
    target = report.subgraph.schema.types.get(base_name(field.type))
    if target is None or target.kind not in COMPOSITE:
        message = f'Sized fields cannot be used because "{field.type}" is not a composite type'
        report("LIST_SIZE_INVALID_SIZED_FIELD", message, directive.at)
        return
    for name in sized:
        found = target.fields.get(name)
        if found is None:
            message = f'Sized field "{name}" is not a field on type "{target.name}"'
            report("LIST_SIZE_INVALID_SIZED_FIELD", message, directive.at)
        elif not is_list(found.type):
            message = f'Sized field "{target.name}.{name}" is not a list'
            report("LIST_SIZE_APPLIED_TO_NON_LIST", message, directive.at)
