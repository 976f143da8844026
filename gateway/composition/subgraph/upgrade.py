"""Federation 1 subgraphs, rewritten as Federation 2 means them.

In Federation 1 every type may be shared, `@external` is written where nothing is external, and
`extend type` is how a field is added to an entity. The rewrite drops what has no effect and marks
as `@shareable` what other subgraphs resolve as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from graphql import EnumValueNode, ListValueNode, StringValueNode, ValueNode

from gateway.composition.errors import CompositionError, in_subgraph
from gateway.composition.schema.literals import canonical_args, string
from gateway.composition.schema.model import COMPOSITE, Applied, Field, Kind, Schema, TypeDef, applications, is_applied
from gateway.composition.schema.typeref import base_name

from .fieldset import Coordinate, selected
from .model import Subgraph
from .usage import extension_key, field_directives, field_set, key_sets, usage

_FEDERATION_2_NAMES = ("shareable", "inaccessible", "override", "interfaceObject")
_FIELD_SETS = ("key", "requires", "provides")
_SHAREABLE = Applied(name="shareable", spec="shareable")


def upgrade(subgraphs: tuple[Subgraph, ...]) -> tuple[Subgraph, ...] | list[CompositionError]:
    """The subgraphs with those of Federation 1 rewritten; unchanged if there are none."""
    if not any(s.is_federation_1 for s in subgraphs):
        return subgraphs
    errors = [e for s in subgraphs if s.is_federation_1 for e in _without_base(s, subgraphs)]
    if errors:
        return errors
    keys = _first_keys(subgraphs)
    tagged = _tagged(subgraphs)
    cleaned = tuple(_clean(s, keys, tagged) if s.is_federation_1 else s for s in subgraphs)
    errors = [e for before, s in zip(subgraphs, cleaned, strict=True) for e in _emptied(before, s)]
    if errors:
        return errors
    resolved = tuple(_resolved(s) for s in cleaned)
    return tuple(
        _share(s, [r for j, r in enumerate(resolved) if j != i], [o for j, o in enumerate(cleaned) if j != i])
        if s.is_federation_1
        else s
        for i, s in enumerate(cleaned)
    )


def _resolved(subgraph: Subgraph) -> frozenset[Coordinate]:
    """The fields that a subgraph resolves."""
    facts = usage(subgraph)
    external = facts.external - facts.provided
    return frozenset(
        (t.name, f)
        for t in subgraph.schema.types.values()
        if t.kind in (Kind.OBJECT, Kind.INTERFACE)
        for f in t.fields
        if (t.name, f) not in external
    )


def _without_base(subgraph: Subgraph, subgraphs: tuple[Subgraph, ...]) -> Iterator[CompositionError]:
    """Entities that this subgraph extends and no other subgraph defines."""
    for name, definition in subgraph.schema.types.items():
        extends = is_applied(definition.directives, "extends")
        if definition.kind is not Kind.OBJECT or subgraph.schema.root_of(name) is not None:
            continue
        if definition.defined and not extends:
            continue
        others = (s.schema.types.get(name) for s in subgraphs if s is not subgraph)
        if not any(o is not None and o.defined for o in others):
            yield in_subgraph(
                subgraph.name,
                "EXTENSION_WITH_NO_BASE",
                f'Type "{name}" is an extension type, but there is no type definition for "{name}" in any subgraph.',
                definition.at,
            )


def _emptied(before: Subgraph, after: Subgraph) -> Iterator[CompositionError]:
    """Types that something refers to, although nothing but unused externals was in them."""
    schema = after.schema
    gone = {n for n in before.schema.types if n not in schema.types}
    if not gone:
        return
    used = {base_name(f.type) for t in schema.types.values() for f in t.fields.values()}
    used.update(m for t in schema.types.values() for m in t.members)
    for name in sorted(gone & used):
        yield in_subgraph(
            after.name,
            "TYPE_WITH_ONLY_UNUSED_EXTERNAL",
            f'Type "{name}" contains only external fields and all those fields are unused (they do not appear in any '
            "@key, @provides or @requires): remove the type or say which of its fields are needed.",
            before.schema.types[name].at,
        )


def _first_keys(subgraphs: tuple[Subgraph, ...]) -> dict[str, frozenset[str]]:
    """The fields of the first key of each entity, for extensions that do not repeat it."""
    found: dict[str, frozenset[str]] = {}
    for subgraph in subgraphs:
        for name, definition in subgraph.schema.types.items():
            for _, selections in key_sets(definition):
                touched = selected(subgraph.schema, name, selections)
                found.setdefault(name, frozenset(f for owner, f in touched if owner == name))
                break
    return found


def _tagged(subgraphs: tuple[Subgraph, ...]) -> frozenset[tuple[str, str, str]]:
    """Type, field and tag of every tag on a field that its subgraph resolves."""
    return frozenset(
        (definition.name, field.name, canonical_args(tag.args))
        for subgraph in subgraphs
        for definition, field, tag in field_directives(subgraph.schema, "tag")
        if not is_applied(field.directives, "external")
    )


def _untagged(definition: TypeDef, field: Field, tagged: frozenset[tuple[str, str, str]]) -> Field:
    """A tag on an external field goes where the resolved field has it too."""
    if not is_applied(field.directives, "external"):
        return field
    kept = tuple(
        d
        for d in field.directives
        if d.spec != "tag" or (definition.name, field.name, canonical_args(d.args)) not in tagged
    )
    return replace(field, directives=kept)


def _clean(subgraph: Subgraph, keys: Mapping[str, frozenset[str]], tagged: frozenset[tuple[str, str, str]]) -> Subgraph:
    schema = _map_types(subgraph.schema, _string_arguments)
    schema = _map_types(schema, _federation_2_names)
    schema = _map_types(schema, _plain_interface)
    schema = _map_types(schema, _resolved_keys(schema, keys))
    schema = _map_types(schema, lambda t: _map_fields(t, lambda f: _untagged(t, f, tagged)))
    schema = _map_types(schema, lambda t: _map_fields(t, lambda f: _active_provides(schema, t, f)))
    schema = _map_types(schema, lambda t: _map_fields(t, lambda f: _active_requires(schema, t, f)))
    return _without_unused_externals(replace(subgraph, schema=_map_types(schema, _definition)))


def _map_types(schema: Schema, change: Callable[[TypeDef], TypeDef]) -> Schema:
    return replace(schema, types={n: change(t) for n, t in schema.types.items()})


def _map_fields(definition: TypeDef, change: Callable[[Field], Field]) -> TypeDef:
    if not definition.fields:
        return definition
    return replace(definition, fields={n: change(f) for n, f in definition.fields.items()})


def _federation_2_names(definition: TypeDef) -> TypeDef:
    """Directives that the author defined under names of Federation 2 now mean those."""

    def renamed(directives: tuple[Applied, ...]) -> tuple[Applied, ...]:
        return tuple(replace(d, spec=d.name) if not d.spec and d.name in _FEDERATION_2_NAMES else d for d in directives)

    definition = replace(definition, directives=renamed(definition.directives))
    return _map_fields(definition, lambda f: replace(f, directives=renamed(f.directives)))


def _string_arguments(definition: TypeDef) -> TypeDef:
    """`@key(fields: ["id", "name"])` and `@key(fields: id)` become strings."""

    def fixed(directives: tuple[Applied, ...]) -> tuple[Applied, ...]:
        return tuple(
            replace(d, args={**d.args, "fields": _as_string(d.args["fields"])})
            if d.spec in _FIELD_SETS and "fields" in d.args
            else d
            for d in directives
        )

    definition = replace(definition, directives=fixed(definition.directives))
    return _map_fields(definition, lambda f: replace(f, directives=fixed(f.directives)))


def _as_string(node: ValueNode) -> ValueNode:
    match node:
        case ListValueNode():
            parts = [v.value for v in node.values if isinstance(v, StringValueNode | EnumValueNode)]
            return string(" ".join(parts)) if len(parts) == len(node.values) else node
        case EnumValueNode():
            return string(node.value)
        case _:
            return node


def _without(directives: tuple[Applied, ...], *specs: str) -> tuple[Applied, ...]:
    return tuple(d for d in directives if d.spec not in specs)


def _plain_interface(definition: TypeDef) -> TypeDef:
    """Interfaces have neither keys nor external, required or provided fields."""
    if definition.kind is Kind.OBJECT:
        return replace(definition, directives=_without(definition.directives, "external"))
    if definition.kind is not Kind.INTERFACE:
        return definition
    definition = replace(definition, directives=_without(definition.directives, "key", "external"))
    return _map_fields(
        definition,
        lambda f: replace(f, directives=_without(f.directives, "external", "requires", "provides")),
    )


def _resolved_keys(schema: Schema, keys: Mapping[str, frozenset[str]]) -> Callable[[TypeDef], TypeDef]:
    """Key fields of an extension are resolved there, so `@external` on them goes.

    An extension without a key is one of the entity by its first key elsewhere.
    """

    def change(definition: TypeDef) -> TypeDef:
        if definition.kind is not Kind.OBJECT or not (
            definition.extended or is_applied(definition.directives, "extends")
        ):
            return definition
        names = {
            field
            for key, selections in key_sets(definition)
            if extension_key(definition, key)
            for owner, field in selected(schema, definition.name, selections)
            if owner == definition.name
        }
        if not applications(definition.directives, "key"):
            names = set(keys.get(definition.name, ()))
        return _map_fields(
            definition,
            lambda f: replace(f, directives=_without(f.directives, "external")) if f.name in names else f,
        )

    return change


def _has_external(schema: Schema, type_name: str, directive: Applied) -> bool:
    selections = field_set(directive)
    if selections is None:
        return True
    return any(
        is_applied(schema.types[owner].fields[field].directives, "external")
        for owner, field in selected(schema, type_name, selections)
    )


def _active_requires(schema: Schema, definition: TypeDef, field: Field) -> Field:
    """`@requires` of nothing external has no effect."""
    dead = tuple(d for d in applications(field.directives, "requires") if not _has_external(schema, definition.name, d))
    return replace(field, directives=tuple(d for d in field.directives if d not in dead)) if dead else field


def _active_provides(schema: Schema, definition: TypeDef, field: Field) -> Field:
    """`@provides` of nothing external, or on a field without selections, has no effect."""
    target = schema.types.get(base_name(field.type))
    dead = tuple(
        d
        for d in applications(field.directives, "provides")
        if target is None or target.kind not in COMPOSITE or not _has_external(schema, target.name, d)
    )
    return replace(field, directives=tuple(d for d in field.directives if d not in dead)) if dead else field


def _without_unused_externals(subgraph: Subgraph) -> Subgraph:
    """External fields that nothing uses are no part of the subgraph."""
    facts = usage(subgraph)
    schema = subgraph.schema

    def needed(definition: TypeDef, name: str) -> bool:
        coordinate = (definition.name, name)
        return (
            coordinate not in facts.external
            or coordinate in facts.used
            or any(name in schema.types[i].fields for i in definition.interfaces if i in schema.types)
        )

    def change(definition: TypeDef) -> TypeDef:
        kept = {n: f for n, f in definition.fields.items() if needed(definition, n)}
        return definition if len(kept) == len(definition.fields) else replace(definition, fields=kept)

    types = {n: change(t) for n, t in schema.types.items()}
    emptied = {n for n, t in types.items() if not t.fields and schema.types[n].fields and t.kind is Kind.OBJECT}
    return replace(subgraph, schema=replace(schema, types={n: t for n, t in types.items() if n not in emptied}))


def _share(subgraph: Subgraph, resolved: list[frozenset[Coordinate]], others: list[Subgraph]) -> Subgraph:
    facts = usage(subgraph)
    schema = subgraph.schema

    def shared_fields(definition: TypeDef) -> Iterator[str]:
        for name in definition.fields:
            coordinate = (definition.name, name)
            if coordinate not in facts.external and any(coordinate in r for r in resolved):
                yield name

    def change(definition: TypeDef) -> TypeDef:
        if definition.kind is not Kind.OBJECT:
            return definition
        if schema.root_of(definition.name) == "subscription":
            return definition
        entity = is_applied(definition.directives, "key") or schema.root_of(definition.name) is not None
        if not entity:
            if not any(definition.name in o.schema.types for o in others):
                return definition
            return replace(
                definition,
                fields={
                    n: replace(f, directives=(*f.directives, _SHAREABLE)) if f.block == 0 else f
                    for n, f in definition.fields.items()
                },
            )
        names = set(shared_fields(definition))
        return _map_fields(
            definition,
            lambda f: replace(f, directives=(*f.directives, _SHAREABLE)) if f.name in names else f,
        )

    return replace(subgraph, schema=_map_types(schema, change), upgraded=True)


def _definition(definition: TypeDef) -> TypeDef:
    """A type that is only extended becomes a definition."""
    if definition.defined:
        return definition
    return replace(
        definition,
        defined=True,
        extended=False,
        directives=tuple(replace(d, block=0) for d in definition.directives),
        fields={n: replace(f, block=0) for n, f in definition.fields.items()},
    )
