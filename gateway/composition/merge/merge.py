"""The order of the merge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gateway.composition.errors import CompositionError, Hint
from gateway.composition.schema.literals import canonical_args, flag, text
from gateway.composition.schema.model import (
    BUILT_IN_SCALARS,
    ROOTS,
    Applied,
    Field,
    Kind,
    Schema,
    TypeDef,
    applications,
)
from gateway.composition.subgraph import specs
from gateway.composition.subgraph.fieldset import Coordinate, unbraced
from gateway.composition.subgraph.model import Subgraph
from gateway.composition.subgraph.usage import Usage, extension_key, usage

from .applications import merge_applications
from .authorization import spread_authorization
from .definitions import SupergraphLink, merge_definitions, name_directives
from .enums import merge_enum
from .fields import merge_fields
from .inconsistencies import hint_entity, hint_unused_enum
from .inputs import merge_input_object
from .join import graph_names, join_directive, join_field, join_implements, join_type, join_union_member, join_version
from .outline import outline
from .overrides import resolve_overrides
from .state import NO_OVERRIDE, Merge, Override, subgraph_list
from .text import merge_description


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The merged schema with its join directives, and what it came from."""

    schema: Schema
    subgraphs: tuple[Subgraph, ...]
    usages: tuple[Usage, ...]
    graphs: tuple[str, ...]
    links: tuple[SupergraphLink, ...]
    scalars: tuple[str, ...]
    join: str
    """The version of the join specification."""
    spec_names: Mapping[str, str]
    """What the supergraph calls the specified directives that it keeps."""
    overrides: Mapping[Coordinate, Override]
    errors: tuple[CompositionError, ...]
    hints: tuple[Hint, ...]

    def override(self, coordinate: Coordinate) -> Override:
        """What `@override` says of a field."""
        return self.overrides.get(coordinate, NO_OVERRIDE)

    def without_joins(self) -> Schema:
        """The merged schema with only the directives that come from subgraphs."""

        def kept(directives: tuple[Applied, ...]) -> tuple[Applied, ...]:
            return tuple(d for d in directives if not d.spec.startswith("join__"))

        types = {
            n: replace(
                t,
                directives=kept(t.directives),
                fields={f: replace(d, directives=kept(d.directives)) for f, d in t.fields.items()},
                inputs={f: replace(d, directives=kept(d.directives)) for f, d in t.inputs.items()},
                values={f: replace(d, directives=kept(d.directives)) for f, d in t.values.items()},
            )
            for n, t in self.schema.types.items()
        }
        return replace(self.schema, types=types, applied=kept(self.schema.applied))


def merge_subgraphs(subgraphs: tuple[Subgraph, ...]) -> Merged:
    """Merge validated Federation 2 subgraphs, sorted by name."""
    merge = Merge(
        subgraphs=subgraphs,
        usages=tuple(usage(s) for s in subgraphs),
        graphs=graph_names(s.name for s in subgraphs),
    )
    outline(merge)
    links = name_directives(merge)
    resolve_overrides(merge)
    types = _merge_types(merge)
    _add_interface_object_fields(merge, types)
    spread_authorization(merge, types)
    directives = merge_definitions(merge)
    roots = {o: o.capitalize() for o in ROOTS if types.get(o.capitalize()) and _has_root(merge, o)}
    schema = Schema(
        types=dict(sorted(types.items())),
        directives=dict(sorted(directives.items())),
        roots=roots,
        applied=_joined_links(merge)
        + merge_applications(merge, "schema", {i: s.schema.applied for i, s in enumerate(subgraphs)}),
        description=merge_description(merge, "schema", {i: s.schema.description for i, s in enumerate(subgraphs)}),
    )
    return Merged(
        schema=schema,
        subgraphs=subgraphs,
        usages=merge.usages,
        graphs=merge.graphs,
        links=(*links, *_connect_links(merge)),
        scalars=tuple(merge.scalars),
        join=join_version(max((_needed_version(s) for s in subgraphs), default=(2, 0))),
        spec_names=merge.spec_names,
        overrides=merge.overrides,
        errors=tuple(merge.errors),
        hints=tuple(merge.hints),
    )


def _needed_version(subgraph: Subgraph) -> tuple[int, int]:
    """The Federation version that has all that the subgraph uses."""
    return max(subgraph.version, (2, 10)) if subgraph.links.get(specs.CONNECT) else subgraph.version


def _joined_links(merge: Merge) -> tuple[Applied, ...]:
    """Each subgraph's link to the connect specification, which its `@connect`s refer to."""
    found: dict[str, tuple[Applied, list[str]]] = {}
    for graph, subgraph in zip(merge.graphs, merge.subgraphs, strict=True):
        link = subgraph.links.get(specs.CONNECT)
        for directive in subgraph.schema.applied:
            if link is not None and directive.spec == "link" and text(directive.args, "url") == link.url:
                found.setdefault(canonical_args(directive.args), (directive, []))[1].append(graph)
    return tuple(join_directive(graphs, "link", d.args) for d, graphs in found.values())


def _connect_links(merge: Merge) -> list[SupergraphLink]:
    """The newest version of the connect specification in use."""
    links = [link for s in merge.subgraphs if (link := s.links.get(specs.CONNECT))]
    if not links:
        return []
    return [SupergraphLink(url=max(links, key=lambda x: x.version).url, purpose="EXECUTION")]


def _has_root(merge: Merge, operation: str) -> bool:
    return any(operation in s.schema.roots for s in merge.subgraphs)


def _merge_types(merge: Merge) -> dict[str, TypeDef]:
    """All types; enums last, since their merge depends on how fields and arguments use them."""
    types: dict[str, TypeDef] = {}
    enums: list[str] = []
    for name in sorted(merge.sources):
        if name in BUILT_IN_SCALARS:
            continue
        if merge.kinds[name] is Kind.ENUM:
            enums.append(name)
            continue
        types[name] = _merge_type(merge, name)
    for name in enums:
        types[name] = _merge_type(merge, name)
    return types


def _merge_type(merge: Merge, name: str) -> TypeDef:
    sources = {
        i: t
        for i, t in merge.sources[name].items()
        if t.kind is merge.kinds[name] or merge.is_interface_object(i, name)
    }
    kind = merge.kinds[name]
    merged = TypeDef(
        name=name,
        kind=kind,
        at=merge.origin(sources),
        description=merge_description(merge, name, {i: t.description for i, t in sources.items()}),
        interfaces=tuple(dict.fromkeys(i for t in sources.values() for i in t.interfaces)),
        directives=tuple(_type_joins(merge, name, sources))
        + merge_applications(merge, name, {i: t.directives for i, t in sources.items()}),
    )
    match kind:
        case Kind.OBJECT | Kind.INTERFACE:
            hint_entity(merge, name, sources)
            return replace(merged, fields=merge_fields(merge, name, sources))
        case Kind.INPUT:
            return replace(merged, inputs=merge_input_object(merge, name, sources))
        case Kind.ENUM:
            hint_unused_enum(merge, name, sources)
            return replace(merged, values=merge_enum(merge, name, sources))
        case Kind.UNION:
            _hint_members(merge, name, sources)
            members = tuple(dict.fromkeys(m for t in sources.values() for m in t.members))
            return replace(merged, members=members)
        case Kind.SCALAR:
            return merged


def _hint_members(merge: Merge, name: str, sources: Mapping[int, TypeDef]) -> None:
    for member in sorted(merge.members[name]):
        lacking = [i for i, t in sources.items() if member not in t.members]
        if lacking:
            merge.hint(
                "INCONSISTENT_UNION_MEMBER",
                f'Union type "{name}" includes member type "{member}" in some but not all defining subgraphs: it '
                f"is missing in {subgraph_list(merge.names(lacking))}.",
                sources,
            )


def _type_joins(merge: Merge, name: str, sources: Mapping[int, TypeDef]) -> Iterator[Applied]:
    for index, definition in sources.items():
        for interface in definition.interfaces:
            yield join_implements(merge.graphs[index], interface)
    for index, definition in sources.items():
        graph = merge.graphs[index]
        interface_object = merge.is_interface_object(index, name)
        keys = applications(definition.directives, "key")
        if not keys:
            yield join_type(graph, interface_object=interface_object)
        for key in keys:
            yield join_type(
                graph,
                unbraced(text(key.args, "fields") or ""),
                extension=extension_key(definition, key),
                resolvable=flag(key.args, "resolvable", True),
                interface_object=interface_object,
            )
    for index, definition in sources.items():
        for member in definition.members:
            yield join_union_member(merge.graphs[index], member)


def _add_interface_object_fields(merge: Merge, types: dict[str, TypeDef]) -> None:
    """Give object types the fields that subgraphs resolve for them through an interface object."""
    for interface in sorted(types):
        definition = types[interface]
        if definition.kind is not Kind.INTERFACE:
            continue
        given = {f for i in merge.interface_objects.get(interface, ()) for f in merge.sources[interface][i].fields}
        if not given:
            continue
        for name in sorted(types):
            target = types[name]
            if target.kind is not Kind.OBJECT or interface not in target.interfaces:
                continue
            added = {
                f: _copied(field) for f, field in definition.fields.items() if f in given and f not in target.fields
            }
            if added:
                types[name] = replace(target, fields={**target.fields, **added})


def _copied(field: Field) -> Field:
    """The interface's field on an implementing type; its join says that no graph resolves it there."""
    kept = tuple(d for d in field.directives if not d.spec.startswith("join__"))
    return replace(field, directives=(join_field(), *kept))
