"""The directives of the supergraph: which survive, under which name, with which definition.

Three kinds: those of the specifications that composition merges by itself (`@tag`, `@cost`, …),
custom ones that a subgraph names in `@composeDirective`, and executable ones (for queries), which
survive only where every subgraph has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gateway.composition.schema.literals import text
from gateway.composition.schema.model import Applied, DirectiveDef, InputValue, Schema
from gateway.composition.subgraph import specs
from gateway.composition.subgraph.links import CORE, FEDERATION, LINK, Link
from gateway.composition.subgraph.model import Subgraph

from .applications import MERGED_SPECS, merge_applications
from .inputs import merge_arguments
from .state import Merge, subgraph_list
from .text import merge_description

EXECUTABLE = (
    "QUERY",
    "MUTATION",
    "SUBSCRIPTION",
    "FIELD",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupergraphLink:
    """One `@link` of the supergraph."""

    url: str
    imports: tuple[tuple[str, str], ...] = ()
    """Element and local name, both with `@` for directives."""
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class _Composed:
    """One custom directive that one subgraph wants composed."""

    index: int
    link: Link
    element: str
    local: str
    at: Applied


def all_applications(schema: Schema) -> Iterator[Applied]:
    """Every directive application in a schema."""
    yield from schema.applied
    for definition in schema.types.values():
        yield from definition.directives
        for field in definition.fields.values():
            yield from field.directives
            for argument in field.args.values():
                yield from argument.directives
        for value in definition.inputs.values():
            yield from value.directives
        for item in definition.values.values():
            yield from item.directives
    for directive in schema.directives.values():
        for argument in directive.args.values():
            yield from argument.directives


def name_directives(merge: Merge) -> list[SupergraphLink]:
    """Decide which directives survive; returns the links that the supergraph needs for them."""
    links = _specified(merge)
    links.extend(_composed(merge))
    return links


def _specified(merge: Merge) -> list[SupergraphLink]:
    used: dict[str, dict[str, list[int]]] = {}
    for index, subgraph in enumerate(merge.subgraphs):
        for directive in all_applications(subgraph.schema):
            if directive.spec in specs.FEATURE_OF_DIRECTIVE:
                names = used.setdefault(directive.spec, {}).setdefault(directive.name, [])
                if index not in names:
                    names.append(index)
    links = []
    for feature in specs.FEATURES:
        imports: list[tuple[str, str]] = []
        if not any(name in used for name in feature.directives):
            continue
        for spec in feature.directives:
            local = _local_name(merge, spec, used.get(spec, {}))
            default = spec if spec == feature.name else f"{feature.name}__{spec}"
            name = local or default
            if name != default:
                imports.append(("@" + spec, "@" + name))
            merge.spec_names[spec] = name
            definition = specs.federation_definition(spec, specs.LATEST)
            prefix = feature.name + "__"
            merge.directives[name] = replace(specs.with_types(definition, prefix.__add__), name=name)
        if feature.scalar is not None:
            merge.scalars.append(f"{feature.name}__{feature.scalar}")
        links.append(SupergraphLink(url=feature.url, imports=tuple(imports), purpose=feature.purpose))
    return links


def _local_name(merge: Merge, spec: str, names: Mapping[str, list[int]]) -> str | None:
    """The one name that the subgraphs use, or None where nobody uses the directive."""
    if spec == "fromContext":
        return None
    imported = {n: who for n, who in names.items() if not n.startswith("federation__")}
    if len(imported) > 1:
        where = {i: f'"@{n}"' for n, who in imported.items() for i in who}
        feature = specs.FEATURE_OF_DIRECTIVE[spec].url
        for index in where:
            link = merge.subgraphs[index].links.get(FEDERATION)
            if link is not None:
                feature = link.url
                break
        merge.error(
            "LINK_IMPORT_NAME_MISMATCH",
            f'The "@{spec}" directive (from {feature}) is imported with mismatched name between subgraphs: it '
            f"is imported as {merge.mismatch(where)}",
            {i: link for i in where if (link := merge.subgraphs[i].links.get(FEDERATION)) is not None},
        )
    return next(iter(imported or names), None)


def _composed(merge: Merge) -> list[SupergraphLink]:
    requests = [r for i, s in enumerate(merge.subgraphs) for r in _requests(merge, i, s)]
    requests = _consistent(merge, requests)
    by_feature: dict[str, list[_Composed]] = {}
    for request in requests:
        by_feature.setdefault(request.link.identity, []).append(request)
    links = []
    for identity, items in by_feature.items():
        majors = {r.link.version[0] if r.link.version[0] else r.link.version for r in items}
        if len(majors) > 1:
            merge.error(
                "DIRECTIVE_COMPOSITION_ERROR",
                f'Core feature "{identity}" requested to be merged has major version mismatch across subgraphs',
                {r.index: r.at for r in items},
            )
            continue
        latest = _newest(items)
        imports = {}
        for request in items:
            merge.composed[request.index, request.local] = request.local
            imports["@" + request.element] = "@" + request.local
            best = _newest([r for r in items if r.element == request.element])
            definition = _latest_definition(merge, best, latest)
            merge.directives[request.local] = replace(definition, name=request.local, at=None)
        links.append(SupergraphLink(url=latest.link.url, imports=tuple(imports.items()), purpose=latest.link.purpose))
    return links


def _newest(requests: list[_Composed]) -> _Composed:
    """The request with the highest version; the last subgraph's among equals."""
    return max(requests, key=lambda r: (r.link.version, r.index))


def _latest_definition(merge: Merge, request: _Composed, latest: _Composed) -> DirectiveDef:
    """The definition in the subgraph with the latest version, if it defines the directive at all."""
    newest = merge.subgraphs[latest.index]
    for local, definition in newest.schema.directives.items():
        if latest.link.element_of_directive(local) == request.element:
            return definition
    return merge.subgraphs[request.index].schema.directives[request.local]


def _requests(merge: Merge, index: int, subgraph: Subgraph) -> Iterator[_Composed]:
    for directive in subgraph.schema.applied:
        if directive.spec != "composeDirective":
            continue
        written = text(directive.args, "name")
        here = {index: directive}
        code = "DIRECTIVE_COMPOSITION_ERROR"
        if not written or not written.startswith("@") or written == "@":
            message = (
                f'Argument to @composeDirective "{written or ""}" in subgraph "{subgraph.name}" must be the '
                'name of a directive with a leading "@"'
            )
            merge.error(code, message, here)
            continue
        local = written[1:]
        owner = subgraph.links.of_directive(local)
        if local not in subgraph.definitions:
            message = (
                f'Could not find matching directive definition for argument to @composeDirective "{written}" '
                f'in subgraph "{subgraph.name}".'
            )
            merge.error(code, message, here)
        elif owner is None:
            message = (
                f'Directive "{written}" in subgraph "{subgraph.name}" cannot be composed because it is not a '
                "member of a core feature"
            )
            merge.error(code, message, here)
        elif subgraph.names.get(local) in MERGED_SPECS:
            message = f'Directive "{written}" should not be explicitly manually composed since it is always.'
            merge.hint("DIRECTIVE_COMPOSITION_INFO", message, here)
        elif owner[0].identity in (FEDERATION, LINK, CORE):
            message = f'Composing federation directive "{written}" in subgraph "{subgraph.name}" is not supported'
            merge.error(code, message, here)
        elif local in subgraph.schema.directives:
            yield _Composed(index, owner[0], owner[1], local, directive)


def _consistent(merge: Merge, requests: list[_Composed]) -> list[_Composed]:
    """The requests without those whose name means different things in different subgraphs."""
    broken: set[str] = set()
    for local in dict.fromkeys(r.local for r in requests):
        same = [r for r in requests if r.local == local]
        places = {r.index: r.at for r in same}
        if len({r.link.identity for r in same}) > 1:
            message = f'Composed directive "@{local}" is not linked by the same core feature in every subgraph'
        elif len({r.element for r in same}) > 1:
            message = f'Composed directive "@{local}" does not refer to the same directive in every subgraph'
        else:
            continue
        broken.add(local)
        merge.error("DIRECTIVE_COMPOSITION_ERROR", message, places)
    elements: dict[tuple[str, str], list[_Composed]] = {}
    for request in requests:
        elements.setdefault((request.link.identity, request.element), []).append(request)
    for same in elements.values():
        if len({r.local for r in same}) > 1 and not broken.intersection(r.local for r in same):
            message = f'Composed directive "@{same[0].local}" is not named consistently in all subgraphs'
            words = merge.mismatch({r.index: f'"@{r.local}"' for r in same})
            merge.error("DIRECTIVE_COMPOSITION_ERROR", f"{message}: it is {words}", {r.index: r.at for r in same})
            broken.update(r.local for r in same)
    return [r for r in requests if r.local not in broken]


def merge_definitions(merge: Merge) -> dict[str, DirectiveDef]:
    """All directive definitions of the supergraph, apart from those of join and link."""
    merged = dict(merge.directives)
    for name, definition in merged.items():
        if definition.args and any(a.directives for a in definition.args.values()):
            merged[name] = replace(definition, args=_argument_applications(merge, definition))
    names = {n for s in merge.subgraphs for n in s.schema.directives}
    for name in sorted(names):
        sources = {i: s.schema.directives[name] for i, s in enumerate(merge.subgraphs) if name in s.schema.directives}
        executable = {i: d for i, d in sources.items() if any(x in EXECUTABLE for x in d.locations)}
        if not executable or name in merged or name in specs.GRAPHQL_DIRECTIVES:
            continue
        found = _executable(merge, name, executable)
        if found is not None:
            merged[name] = found
    return merged


def _argument_applications(merge: Merge, definition: DirectiveDef) -> dict[str, InputValue]:
    """The definition's arguments with only the surviving directives on them."""
    index = next((i for i, s in enumerate(merge.subgraphs) if s.schema.directives.get(definition.name) is not None), 0)
    return {
        n: replace(a, directives=merge_applications(merge, f"@{definition.name}({n}:)", {index: a.directives}))
        for n, a in definition.args.items()
    }


def _executable(merge: Merge, name: str, sources: Mapping[int, DirectiveDef]) -> DirectiveDef | None:
    absent = [i for i in range(len(merge.subgraphs)) if i not in sources]
    if absent:
        merge.hint(
            "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE",
            f'Executable directive "@{name}" will not be part of the supergraph as it does not appear in all '
            f"subgraphs: it is missing in {subgraph_list(merge.names(absent))}.",
            sources,
        )
        return None
    first = next(iter(sources.values()))
    locations = tuple(x for x in first.locations if x in EXECUTABLE and all(x in d.locations for d in sources.values()))
    if not locations:
        merge.hint(
            "NO_EXECUTABLE_DIRECTIVE_LOCATIONS_INTERSECTION",
            f'Executable directive "@{name}" has no location that is common to all subgraphs: it will not '
            "appear in the supergraph.",
            sources,
        )
        return None
    _hint_differences(merge, name, sources, locations)
    args = merge_arguments(merge, f"@{name}", {i: d.args for i, d in sources.items()})
    return DirectiveDef(
        name=name,
        args=args,
        locations=locations,
        repeatable=all(d.repeatable for d in sources.values()),
        description=merge_description(merge, f"@{name}", {i: d.description for i, d in sources.items()}),
    )


def _hint_differences(merge: Merge, name: str, sources: Mapping[int, DirectiveDef], locations: tuple[str, ...]) -> None:
    if len({d.repeatable for d in sources.values()}) > 1:
        merge.hint(
            "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE",
            f'Executable directive "@{name}" will not be marked repeatable in the supergraph as it is not marked '
            "repeatable in all subgraphs.",
            sources,
        )
    if any(set(d.locations).intersection(EXECUTABLE) != set(locations) for d in sources.values()):
        merge.hint(
            "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS",
            f'Executable directive "@{name}" has different locations in different subgraphs; the supergraph uses those '
            f"that all have: {', '.join(locations)}.",
            sources,
        )
