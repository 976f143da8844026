"""GraphQL's own rules for applied directives: known, in place, not repeated, with fitting arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from gateway.composition.schema.model import Applied, DirectiveDef, Kind, Schema
from gateway.composition.schema.typeref import NonNull

from .graphql_types import Complain
from .values import fits

_LOCATIONS = {
    Kind.SCALAR: "SCALAR",
    Kind.OBJECT: "OBJECT",
    Kind.INTERFACE: "INTERFACE",
    Kind.UNION: "UNION",
    Kind.ENUM: "ENUM",
    Kind.INPUT: "INPUT_OBJECT",
}


def placed_directives(schema: Schema) -> Iterator[tuple[str, str, tuple[Applied, ...]]]:
    """Every element with directives: its coordinate, its directive location, its directives."""
    yield "schema", "SCHEMA", schema.applied
    for definition in schema.types.values():
        yield definition.name, _LOCATIONS[definition.kind], definition.directives
        for field in definition.fields.values():
            coordinate = f"{definition.name}.{field.name}"
            yield coordinate, "FIELD_DEFINITION", field.directives
            for argument in field.args.values():
                yield f"{coordinate}({argument.name}:)", "ARGUMENT_DEFINITION", argument.directives
        for value in definition.inputs.values():
            yield f"{definition.name}.{value.name}", "INPUT_FIELD_DEFINITION", value.directives
        for item in definition.values.values():
            yield f"{definition.name}.{item.name}", "ENUM_VALUE", item.directives
    for directive in schema.directives.values():
        for argument in directive.args.values():
            yield f"@{directive.name}({argument.name}:)", "ARGUMENT_DEFINITION", argument.directives


def check_directives(
    complain: Complain,
    schema: Schema,
    definitions: Mapping[str, DirectiveDef],
    unknown: Callable[[str], str],
) -> None:
    """Check every applied directive; `unknown` words the message for an undefined name."""
    for coordinate, location, directives in placed_directives(schema):
        seen: set[str] = set()
        for directive in directives:
            definition = definitions.get(directive.name)
            if definition is None:
                complain(unknown(directive.name), directive.at)
                continue
            if location not in definition.locations:
                complain(f'Directive "@{directive.name}" may not be used on {location}.', directive.at)
            if directive.name in seen and not definition.repeatable:
                complain(f'The directive "@{directive.name}" can only be used once at this location.', directive.at)
            seen.add(directive.name)
            _arguments(complain, schema, directive, definition, coordinate)


def _arguments(
    complain: Complain, schema: Schema, directive: Applied, definition: DirectiveDef, coordinate: str
) -> None:
    for name, value in directive.args.items():
        expected = definition.args.get(name)
        if expected is None:
            complain(f'Unknown argument "{name}" on directive "@{directive.name}".', directive.at)
        elif not fits(value, expected.type, schema.types, partial=True):
            complain(
                f'Invalid value for "@{directive.name}({name}:)" of type "{expected.type}" in application of '
                f'"@{directive.name}" to "{coordinate}".',
                directive.at,
            )
    for name, expected in definition.args.items():
        required = isinstance(expected.type, NonNull) and expected.default is None
        if required and name not in directive.args:
            complain(
                f'Directive "@{directive.name}" argument "{name}" of type "{expected.type}" is required, but it '
                "was not provided.",
                directive.at,
            )
