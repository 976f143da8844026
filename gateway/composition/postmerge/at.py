"""Where an element of the merged schema stands in the subgraphs."""

from __future__ import annotations

from gateway.composition.errors import CompositionError, Location, located
from gateway.composition.merge.merge import Merged


def error(merged: Merged, code: str, message: str, coordinate: str) -> CompositionError:
    """An error about `Type`, `Type.member` or `Type.field(argument:)`."""
    return CompositionError(code=code, message=message, locations=places(merged, coordinate))


def places(merged: Merged, coordinate: str) -> tuple[Location, ...]:
    """The positions of an element in all subgraphs that have it."""
    path, _, argument = coordinate.removesuffix(":)").partition("(")
    type_name, _, member = path.partition(".")
    found: tuple[Location, ...] = ()
    for subgraph in merged.subgraphs:
        definition = subgraph.schema.types.get(type_name)
        if definition is None:
            continue
        at = definition.at
        if member:
            field = definition.fields.get(member)
            element = field or definition.inputs.get(member) or definition.values.get(member)
            if element is None:
                continue
            at = element.at
            if argument:
                if field is None or argument not in field.args:
                    continue
                at = field.args[argument].at
        found += located(subgraph.name, at)
    return found
