"""What a subgraph resolves itself: external, provided and shareable fields.

A field marked `@external` counts as external, except where it is part of the key of a type
extension: Federation 1 asked authors to mark those, although the subgraph does resolve them.
Key fields and provided fields are shareable without saying so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.composition.schema.literals import strings, text
from gateway.composition.schema.model import COMPOSITE, Applied, Field, Kind, Schema, TypeDef, applications, is_applied
from gateway.composition.schema.typeref import base_name

from .fieldset import (
    Coordinate,
    FieldSetSyntaxError,
    Selections,
    parse_field_set,
    selected,
    with_implementations,
)
from .model import Subgraph


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The facts, as sets of coordinates."""

    external: frozenset[Coordinate]
    """Marked `@external` (or on an `@external` type) and really external."""
    fake_external: frozenset[Coordinate]
    """Marked `@external`, but key fields of an extension."""
    provided: frozenset[Coordinate]
    """External, but some `@provides` brings them on its path."""
    shareable: frozenset[Coordinate]
    used: frozenset[Coordinate]
    """Selected by a key, `@requires`, `@provides` or a context."""


def extension_key(definition: TypeDef, key: Applied) -> bool:
    """Whether a key stands on an extension of its type."""
    return key.block > 0 or is_applied(definition.directives, "extends")


def field_set(directive: Applied) -> Selections | None:
    """The directive's `fields`, or None where they cannot be read (the rules report that)."""
    written = text(directive.args, "fields")
    if written is None:
        return None
    try:
        return parse_field_set(written)
    except FieldSetSyntaxError:
        return None


def key_sets(definition: TypeDef) -> Iterator[tuple[Applied, Selections]]:
    """The readable keys of a type."""
    for key in applications(definition.directives, "key"):
        selections = field_set(key)
        if selections is not None:
            yield key, selections


def field_directives(schema: Schema, spec: str) -> Iterator[tuple[TypeDef, Field, Applied]]:
    """Every application of a directive on the fields of objects and interfaces."""
    for definition in schema.types.values():
        for field in definition.fields.values():
            for directive in field.directives:
                if directive.spec == spec:
                    yield definition, field, directive


def usage(subgraph: Subgraph) -> Usage:
    """Collect the facts of one subgraph."""
    schema = subgraph.schema
    marked = _marked(schema)
    fake: set[Coordinate] = set()
    shareable: set[Coordinate] = set()
    used: set[Coordinate] = set()
    provided: set[Coordinate] = set()
    for definition in schema.types.values():
        for key, selections in key_sets(definition):
            touched = list(selected(schema, definition.name, selections))
            used.update(with_implementations(schema, iter(touched)))
            shareable.update(touched)
            if extension_key(definition, key):
                fake.update(c for c in touched if c in marked)
        if definition.kind is Kind.OBJECT:
            shareable.update(_marked_shareable(definition, subgraph))
    for definition, _, directive in field_directives(schema, "requires"):
        required = field_set(directive) or ()
        used.update(with_implementations(schema, selected(schema, definition.name, required)))
    for _, field, directive in field_directives(schema, "provides"):
        touched = list(selected(schema, base_name(field.type), field_set(directive) or ()))
        everything = set(with_implementations(schema, iter(touched)))
        used.update(everything)
        shareable.update(everything)
        provided.update(everything)
    used.update(_context_uses(schema))
    external = frozenset(marked - fake)
    return Usage(
        external=external,
        fake_external=frozenset(fake),
        provided=frozenset(provided & external),
        shareable=frozenset(shareable),
        used=frozenset(used),
    )


def _marked(schema: Schema) -> set[Coordinate]:
    marked = set()
    for definition in schema.types.values():
        whole = definition.kind is Kind.OBJECT and is_applied(definition.directives, "external")
        for field in definition.fields.values():
            if whole or is_applied(field.directives, "external"):
                marked.add((definition.name, field.name))
    return marked


def _marked_shareable(definition: TypeDef, subgraph: Subgraph) -> Iterator[Coordinate]:
    """Fields with `@shareable`, on themselves or on the block they stand in."""
    if subgraph.is_federation_1:
        return
    blocks = {d.block for d in applications(definition.directives, "shareable")}
    for field in definition.fields.values():
        if field.block in blocks or is_applied(field.directives, "shareable"):
            yield definition.name, field.name


def _context_uses(schema: Schema) -> Iterator[Coordinate]:
    """What `@fromContext(field: "$name { … }")` selects, on every type that sets the context."""
    for definition in schema.types.values():
        for field in definition.fields.values():
            for argument in field.args.values():
                for directive in applications(argument.directives, "fromContext"):
                    parsed = context_value(text(directive.args, "field") or "")
                    if parsed is None:
                        continue
                    for target in setting_types(schema, parsed[0]):
                        yield from selected(schema, target.name, parsed[1])


_CONTEXT_VALUE = re.compile(r"\$([A-Za-z_]\w*)\s*(\S.*)", re.DOTALL)


def context_value(value: str) -> tuple[str, Selections] | None:
    """Context name and selection of a `$name { … }` value, or None where it is malformed."""
    match = _CONTEXT_VALUE.fullmatch(value.strip())
    if match is None:
        return None
    try:
        return match[1], parse_field_set(match[2])
    except FieldSetSyntaxError:
        return None


def setting_types(schema: Schema, context: str) -> tuple[TypeDef, ...]:
    """The types that set a context; a union sets it on its members."""
    found = (
        t
        for t in schema.types.values()
        if t.kind in COMPOSITE
        and any(context in strings(d.args.get("name")) for d in applications(t.directives, "context"))
    )
    members = {
        name: schema.types[name]
        for t in found
        for name in (t.members if t.kind is Kind.UNION else (t.name,))
        if name in schema.types
    }
    return tuple(members.values())
