"""Directive applications that survive the merge.

`@tag`, `@inaccessible`, `@deprecated`, `@specifiedBy`, the authorization and cost directives, and
whatever `@composeDirective` names. Repeatable ones are united; of the others, costs take the
maximum, authorization requirements are joined so that all hold, and anything else keeps the most
frequent arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import TypeAlias

from graphql import ConstValueNode, ValueNode

from gateway.composition.schema.literals import (
    Plain,
    boolean,
    canonical_args,
    flag,
    integer,
    list_of,
    plain,
    string,
    strings,
)
from gateway.composition.schema.model import Applied
from gateway.composition.subgraph.specs import JOINED

from .join import join_directive
from .state import Merge

Alternatives: TypeAlias = frozenset[frozenset[str]]
"""A requirement: any of these, each of them all together."""

_FREE: Alternatives = frozenset({frozenset()})
_MOST_ALTERNATIVES = 1024

JOINED_NAMES = {"cacheTag": "federation__cacheTag"}
MERGED_SPECS = frozenset(
    {
        "tag",
        "inaccessible",
        "deprecated",
        "specifiedBy",
        "authenticated",
        "requiresScopes",
        "policy",
        "cost",
        "listSize",
        "context",
    }
)


def merge_applications(merge: Merge, coordinate: str, found: Mapping[int, tuple[Applied, ...]]) -> tuple[Applied, ...]:
    """The applications that an element carries in the supergraph, by directive name."""
    by_name: dict[str, dict[int, list[Applied]]] = {}
    joined: dict[tuple[str, str], tuple[Applied, list[str]]] = {}
    for index, directives in found.items():
        for directive in directives:
            if directive.spec in JOINED:
                key = (directive.spec, canonical_args(directive.args))
                joined.setdefault(key, (directive, []))[1].append(merge.graphs[index])
                continue
            name = merge.supergraph_directive(index, directive)
            if name is not None:
                by_name.setdefault(name, {}).setdefault(index, []).append(replace(directive, name=name))
    merged = [join_directive(graphs, JOINED_NAMES.get(d.spec, d.spec), d.args) for d, graphs in joined.values()]
    for _, sources in sorted(by_name.items()):
        merged.extend(_merge_one(merge, coordinate, sources))
    return tuple(replace(d, at=None, block=0) for d in merged)


def _merge_one(merge: Merge, coordinate: str, sources: Mapping[int, list[Applied]]) -> list[Applied]:
    everything = [d for items in sources.values() for d in items]
    first = everything[0]
    if first.spec == "context":
        return [
            replace(d, args={"name": string(f"{merge.subgraphs[i].name}__{name}")})
            for i, items in sources.items()
            for d in items
            for name in strings(d.args.get("name"))
        ]
    distinct = list({canonical_args(d.args): d for d in everything}.values())
    if merge.is_repeatable(first.name) or len(distinct) == 1:
        return distinct
    match first.spec:
        case "cost":
            return [replace(first, args={"weight": integer(max(_int(d.args.get("weight")) for d in everything))})]
        case "listSize":
            return [replace(first, args=_list_size(everything))]
        case "requiresScopes":
            return [replace(first, args={"scopes": _conjunction([d.args.get("scopes") for d in everything])})]
        case "policy":
            return [replace(first, args={"policies": _conjunction([d.args.get("policies") for d in everything])})]
    counts: dict[str, int] = {}
    for directive in everything:
        key = canonical_args(directive.args)
        counts[key] = counts.get(key, 0) + 1
    best = max(distinct, key=lambda d: counts[canonical_args(d.args)])
    merge.hint(
        "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
        f'Non-repeatable directive @{first.name} is applied to "{coordinate}" in multiple subgraphs but with '
        "incompatible arguments; the supergraph uses the most frequent ones.",
        {i: items[0] for i, items in sources.items()},
    )
    return [best]


def _int(node: ValueNode | None) -> int:
    value = plain(node) if node is not None else 0
    return value if isinstance(value, int) else 0


def _list_size(everything: list[Applied]) -> dict[str, ConstValueNode]:
    """Sizes take the maximum, argument and field lists are united, the the requirement holds if all have it."""
    merged: dict[str, ConstValueNode] = {}
    sizes = [_int(d.args["assumedSize"]) for d in everything if "assumedSize" in d.args]
    if sizes:
        merged["assumedSize"] = integer(max(sizes))
    for name in ("slicingArguments", "sizedFields"):
        values = dict.fromkeys(v for d in everything for v in strings(d.args.get(name)))
        if values:
            merged[name] = list_of([string(v) for v in values])
    required = all(flag(d.args, "requireOneSlicingArgument", True) for d in everything)
    merged["requireOneSlicingArgument"] = boolean(required)
    return merged


def _conjunction(nodes: list[ValueNode | None]) -> ConstValueNode:
    """All requirements at once, as an OR of ANDs."""
    combined = _FREE
    for node in nodes:
        if node is not None:
            combined = both(combined, frozenset(alternatives(node)))
    ordered = sorted(sorted(c) for c in combined)
    return list_of([list_of([string(name) for name in names]) for names in ordered])


def both(a: Alternatives, b: Alternatives) -> Alternatives:
    """What meets both requirements, made minimal.

    Where that multiplies out to more than anybody means, everything is asked for together: too strict
    rather than too lax.
    """
    if len(a) * len(b) > _MOST_ALTERNATIVES:
        return frozenset({frozenset().union(*a, *b)})
    combined = {x | y for x, y in product(a, b)}
    return frozenset(c for c in combined if not any(other < c for other in combined))


def alternatives(node: ValueNode) -> set[frozenset[str]]:
    """The alternatives of a requirement, each the names that it needs together."""
    value: Plain = plain(node)
    if not isinstance(value, list):
        return {frozenset({str(value)})}
    return {
        frozenset(str(name) for name in item) if isinstance(item, list) else frozenset({str(item)}) for item in value
    }
