"""The supergraph SDL: the merged schema with the links, the join and the feature definitions."""

from __future__ import annotations

from functools import cache

from graphql import parse

from .merge.definitions import SupergraphLink
from .merge.join import join_definitions
from .merge.merge import Merged
from .schema.build import build_schema
from .schema.literals import string
from .schema.model import Applied, EnumValue, Kind, Schema, TypeDef
from .schema.printer import print_applied, print_directive, print_schema_definition, print_type


def print_supergraph(merged: Merged) -> str:
    """The supergraph as SDL that Federation 2 routers load."""
    join = _definitions(merged.join)
    directives = {**join.directives, **merged.schema.directives}
    types = {**join.types, **merged.schema.types, "join__Graph": _graphs(merged)}
    for scalar in merged.scalars:
        types[scalar] = TypeDef(name=scalar, kind=Kind.SCALAR)
    applied = [_print_link(link) for link in supergraph_links(merged)] + print_applied(merged.schema.applied)
    blocks = [print_schema_definition(merged.schema.roots, applied, merged.schema.description)]
    blocks.extend(print_directive(directives[n]) for n in sorted(directives))
    blocks.extend(print_type(types[n]) for n in sorted(types))
    return "\n\n".join(blocks) + "\n"


@cache
def _definitions(version: str) -> Schema:
    return build_schema(parse(join_definitions(version), no_location=True), {}).schema


def supergraph_links(merged: Merged) -> tuple[SupergraphLink, ...]:
    """Every `@link` of the supergraph."""
    return (
        SupergraphLink(url="https://specs.apollo.dev/link/v1.0"),
        SupergraphLink(url=f"https://specs.apollo.dev/join/{merged.join}", purpose="EXECUTION"),
        *merged.links,
    )


def _print_link(link: SupergraphLink) -> str:
    parts = [f'url: "{link.url}"']
    if link.purpose is not None:
        parts.append(f"for: {link.purpose}")
    if link.imports:
        names = [
            f'"{element}"' if element == local else f'{{name: "{element}", as: "{local}"}}'
            for element, local in link.imports
        ]
        parts.append(f"import: [{', '.join(names)}]")
    return f"@link({', '.join(parts)})"


def _graphs(merged: Merged) -> TypeDef:
    values = {}
    for graph, subgraph in zip(merged.graphs, merged.subgraphs, strict=True):
        args = {"name": string(subgraph.name), "url": string(subgraph.url)}
        applied = Applied(name="join__graph", args=args)
        values[graph] = EnumValue(name=graph, directives=(applied,))
    return TypeDef(name="join__Graph", kind=Kind.ENUM, values=values)
