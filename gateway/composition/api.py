"""The API schema: what clients see of a supergraph.

Everything that serves composition and planning goes: `join__*`, `link__*`, linked features, what is
`@inaccessible`, and the definitions of directives that clients cannot use.
"""

from __future__ import annotations

from dataclasses import replace

from graphql import DocumentNode, GraphQLSchema, build_ast_schema, parse

from .merge.definitions import EXECUTABLE
from .merge.merge import Merged
from .schema.build import build_schema
from .schema.model import (
    Applied,
    DirectiveDef,
    EnumValue,
    Field,
    InputValue,
    Schema,
    TypeDef,
)
from .schema.printer import print_directive, print_schema_definition, print_type
from .subgraph import specs
from .subgraph.expand import schema_directives
from .subgraph.links import Link, Links, read_links, split_url
from .supergraph import supergraph_links

_KEPT = ("deprecated", "specifiedBy", "oneOf")


def api_schema(supergraph: str | DocumentNode) -> GraphQLSchema:
    """The schema to validate and introspect clients' operations with."""
    return build_ast_schema(parse(api_schema_sdl(supergraph), no_location=True), assume_valid=True)


def api_schema_sdl(supergraph: str | DocumentNode) -> str:
    """The API schema as SDL, sorted by name."""
    document = parse(supergraph, no_location=True) if isinstance(supergraph, str) else supergraph
    links, _ = read_links("supergraph", schema_directives(document))
    inaccessible = links.get("https://specs.apollo.dev/inaccessible")
    local = inaccessible.directive("inaccessible") if inaccessible else "inaccessible"
    schema = build_schema(document, {local: "inaccessible"}).schema
    return print_api(api_of(schema, links))


def merged_api_sdl(merged: Merged) -> str:
    """The API schema of a merge, without the detour over the supergraph SDL."""
    found: dict[str, Link] = {}
    for link in supergraph_links(merged):
        identity, name, version = split_url(link.url)
        imports = {element: local.removeprefix("@") for element, local in link.imports}
        found[identity] = Link(
            url=link.url, identity=identity, name=name, spec_name=name, version=version, imports=imports
        )
    return print_api(api_of(merged.schema, Links(found)))


def api_of(schema: Schema, links: Links) -> Schema:
    """The API part of a supergraph schema whose `@inaccessible` is resolved."""
    prefixes = tuple(link.name + "__" for link in links.by_identity.values())
    types = {n: t for n, t in schema.types.items() if not n.startswith(prefixes) and not _hidden(t.directives)}
    visible = frozenset(types)
    shown = {n: _type(t, visible) for n, t in types.items()}
    directives = {
        n: replace(d, locations=tuple(x for x in d.locations if x in EXECUTABLE))
        for n, d in schema.directives.items()
        if n not in specs.GRAPHQL_DIRECTIVES
        and not n.startswith(prefixes)
        and links.of_directive(n) is None
        and any(x in EXECUTABLE for x in d.locations)
    }
    return replace(
        schema,
        types=dict(sorted(shown.items())),
        directives={n: _directive(d) for n, d in sorted(directives.items())},
        roots={o: n for o, n in schema.roots.items() if n in visible},
        applied=(),
    )


def print_api(schema: Schema) -> str:
    """An API schema as SDL."""
    blocks = [print_schema_definition(schema.roots, (), schema.description)]
    blocks.extend(print_directive(d) for d in schema.directives.values())
    blocks.extend(print_type(t) for t in schema.types.values())
    return "\n\n".join(blocks) + "\n"


def _hidden(directives: tuple[Applied, ...]) -> bool:
    return any(d.spec == "inaccessible" for d in directives)


def _applied(directives: tuple[Applied, ...]) -> tuple[Applied, ...]:
    return tuple(d for d in directives if d.name in _KEPT)


def _type(definition: TypeDef, visible: frozenset[str]) -> TypeDef:
    return replace(
        definition,
        directives=_applied(definition.directives),
        interfaces=tuple(i for i in definition.interfaces if i in visible),
        fields={n: _field(f) for n, f in definition.fields.items() if not _hidden(f.directives)},
        inputs={n: _input(v) for n, v in definition.inputs.items() if not _hidden(v.directives)},
        members=tuple(m for m in definition.members if m in visible),
        values={n: _value(v) for n, v in definition.values.items() if not _hidden(v.directives)},
    )


def _field(field: Field) -> Field:
    args = {n: _input(a) for n, a in field.args.items() if not _hidden(a.directives)}
    return replace(field, directives=_applied(field.directives), args=args)


def _input(value: InputValue) -> InputValue:
    return replace(value, directives=_applied(value.directives))


def _value(value: EnumValue) -> EnumValue:
    return replace(value, directives=_applied(value.directives))


def _directive(definition: DirectiveDef) -> DirectiveDef:
    args = {n: _input(a) for n, a in definition.args.items() if not _hidden(a.directives)}
    return replace(definition, args=args)
