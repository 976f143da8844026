"""Expansion: SDL text to `Subgraph`.

Links are read first, because they say what every directive name means. Then the document is folded
into a schema, the definitions that specifications bring are added where the author left them out,
Federation's own machinery (`_entities`, `_Service`, …) is taken out, and the root types get their
default names. Every subgraph has a `Query`, if an empty one: it can always be entered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLSyntaxError,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    Visitor,
    parse,
    visit,
)

from gateway.composition.errors import CompositionError, in_subgraph
from gateway.composition.schema.build import Flaw, applied, build_schema
from gateway.composition.schema.model import Applied, At, DirectiveDef, Field, InputValue, Kind, Schema, TypeDef
from gateway.composition.schema.typeref import TypeRef, base_name, renamed

from . import specs
from .links import CORE, FEDERATION, LINK, Link, Links, read_links
from .model import Subgraph, SubgraphSDL

_MACHINERY_TYPES = frozenset({"_Any", "_Entity", "_Service", "_FieldSet"})
_MACHINERY_FIELDS = ("_service", "_entities")
_ROOT_NAMES = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}
_NOT_MERGED = (LINK, CORE, FEDERATION, specs.CONNECT)


@dataclass(frozen=True, slots=True)
class Expanded:
    """A subgraph, and the flaws of its document that the validation reports."""

    subgraph: Subgraph
    flaws: tuple[Flaw, ...]
    written: Schema
    """The schema as written, machinery included, for the GraphQL rules."""


def expand(source: SubgraphSDL) -> Expanded | list[CompositionError]:
    """Expand one subgraph, or say why it cannot be read."""
    try:
        document = parse(source.sdl)
    except GraphQLSyntaxError as error:
        at = At(error.locations[0].line, error.locations[0].column) if error.locations else None
        return [in_subgraph(source.name, "INVALID_GRAPHQL", error.message, at)]
    except RecursionError:
        return [in_subgraph(source.name, "INVALID_GRAPHQL", "The SDL is nested too deeply to be read.")]
    links, errors = read_links(source.name, schema_directives(document))
    if not errors:
        errors = _check_features(source.name, links, document)
    if errors:
        return errors
    names = _names(links)
    built = build_schema(document, names)
    federation = links.get(FEDERATION)
    version = federation.version if federation else (1, 0)
    definitions = {**_injected(links), **built.schema.directives}
    machinery = _machinery(links, built.schema)
    subgraph = Subgraph(
        name=source.name,
        url=source.url,
        schema=_clean(built.schema, machinery),
        links=links,
        version=version,
        definitions=definitions,
        machinery=machinery,
        names=names,
    )
    return Expanded(subgraph, built.flaws, built.schema)


def schema_directives(document: DocumentNode) -> tuple[Applied, ...]:
    """The directives on the schema definition and its extensions."""
    found: list[Applied] = []
    for node in document.definitions:
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            found.extend(applied(node.directives, {}))
    return tuple(found)


def _check_features(subgraph: str, links: Links, document: DocumentNode) -> list[CompositionError]:
    """Versions that exist, and imports that the specification has."""
    errors: list[CompositionError] = []
    link = links.get(LINK)
    if link is not None and link.version != (1, 0):
        errors.append(_unknown_version(subgraph, link, ((1, 0),)))
    errors += _unknown_versions(subgraph, links, document)
    federation = links.get(FEDERATION)
    if federation is None:
        return errors
    if not (2, 0) <= federation.version <= specs.LATEST:
        message = f"Invalid version {_version(federation.version)} for the federation feature in @link directive"
        message += f" on schema; use one from v2.0 to {_version(specs.LATEST)}"
        errors.append(in_subgraph(subgraph, "UNKNOWN_FEDERATION_LINK_VERSION", message, federation.at))
        return errors
    known = {"@" + n for n in specs.federation_directives(federation.version)}
    known.update(specs.federation_types(federation.version))
    for element in federation.imports:
        if element not in known:
            message = f'Cannot import unknown element "{element}".'
            bare = element.removeprefix("@")
            if "@" + bare in known and not element.startswith("@"):
                message += f' Did you mean directive "@{bare}"?'
            errors.append(in_subgraph(subgraph, "INVALID_LINK_DIRECTIVE_USAGE", message, federation.at))
    return errors


def _unknown_versions(subgraph: str, links: Links, document: DocumentNode) -> list[CompositionError]:
    """Refuse what is used of a specification's version that does not exist; unused, it does not matter."""
    linked = [link for identity in specs.VERSIONS if (link := links.get(identity)) is not None]
    unknown = [link for link in linked if link.version not in specs.VERSIONS[link.identity]]
    if not unknown:
        return []
    federation = links.get(FEDERATION)
    names = [
        name
        for name in _directive_names(document)
        if federation is None or federation.element_of_directive(name) is None
    ]
    used = [link for link in unknown if any(link.element_of_directive(name) is not None for name in names)]
    return [_unknown_version(subgraph, link, specs.VERSIONS[link.identity]) for link in used]


def _unknown_version(subgraph: str, link: Link, known: Sequence[specs.Version]) -> CompositionError:
    message = f"Schema uses unknown version {_version(link.version)} of the {link.spec_name} spec"
    message += f"; use {' or '.join(map(_version, known))}"
    return in_subgraph(subgraph, "UNKNOWN_LINK_VERSION", message, link.at)


def _version(version: specs.Version) -> str:
    return f"v{version[0]}.{version[1]}"


def _directive_names(document: DocumentNode) -> set[str]:
    """The names of all directives that are applied in a document."""
    names: set[str] = set()

    class Applications(Visitor):
        """Collects them."""

        def enter_directive(self, node: DirectiveNode, *_: object) -> None:
            """Note one."""
            names.add(node.name.value)

    visit(document, Applications())
    return names


def _names(links: Links) -> dict[str, str]:
    """Local directive name to specified name, for every specification known here."""
    names = {name: name for name in specs.GRAPHQL_DIRECTIVES}
    federation = links.get(FEDERATION)
    if federation is None:
        names.update({name: name for name in specs.FEDERATION_1})
    else:
        for name in specs.federation_directives(federation.version):
            names[federation.directive(name)] = name
    for feature in specs.FEATURES:
        link = links.get(feature.identity)
        if link is not None:
            names.update({link.directive(name): name for name in feature.directives})
    connect = links.get(specs.CONNECT)
    if connect is not None:
        names.update({connect.directive(name): name for name in specs.CONNECT_DIRECTIVES})
    link = links.get(LINK)
    names[link.directive("link") if link else "link"] = "link"
    core = links.get(CORE)
    if core is not None:
        names[core.directive("core")] = "core"
    return names


def _injected(links: Links) -> Mapping[str, DirectiveDef]:
    """The directive definitions that come with the links."""
    definitions = dict(specs.GRAPHQL_DIRECTIVES)

    def add(definition: DirectiveDef, link: Link) -> None:
        local = link.directive(definition.name)
        definitions[local] = replace(specs.with_types(definition, link.type), name=local)

    federation = links.get(FEDERATION)
    if federation is None:
        for name in specs.FEDERATION_1:
            definitions[name] = specs.federation_1_definition(name)
    else:
        for name in specs.federation_directives(federation.version):
            add(specs.federation_definition(name, federation.version), federation)
    for feature in specs.FEATURES:
        link = links.get(feature.identity)
        if link is not None:
            for name in feature.directives:
                add(specs.federation_definition(name, specs.LATEST), link)
    connect = links.get(specs.CONNECT)
    if connect is not None:
        for definition in specs.CONNECT_DIRECTIVES.values():
            add(definition, connect)
    link = links.get(LINK) or Link(url=LINK + "/v1.0", identity=LINK, name="link", spec_name="link", version=(1, 0))
    add(specs.LINK_DIRECTIVE, link)
    core = links.get(CORE)
    if core is not None:
        add(specs.CORE_DIRECTIVE, core)
    return definitions


def _machinery(links: Links, schema: Schema) -> frozenset[str]:
    """The types that belong to specifications that are not merged."""
    names = set(_MACHINERY_TYPES)
    federation = links.get(FEDERATION)
    if federation is not None:
        names.update(federation.type(t) for t in specs.federation_types(federation.version))
    link = links.get(LINK)
    names.update(link.type(t) if link else f"link__{t}" for t in ("Import", "Purpose"))
    linked = (found.name + "__" for i in _NOT_MERGED if (found := links.get(i)))
    prefixes = (*linked, "link__", "core__")
    names.update(n for n in schema.types if n.startswith(prefixes))
    connect = links.get(specs.CONNECT)
    if connect is not None:
        names.update(local for element, local in connect.imports.items() if not element.startswith("@"))
    return frozenset(names)


def _clean(schema: Schema, machinery: frozenset[str]) -> Schema:
    """Without machinery, and with root types under their default names."""
    rename = {
        name: _ROOT_NAMES[operation]
        for operation, name in schema.roots.items()
        if name != _ROOT_NAMES[operation] and _ROOT_NAMES[operation] not in schema.types
    }
    types: dict[str, TypeDef] = {}
    for name, definition in schema.types.items():
        if name in machinery:
            continue
        if name == schema.roots.get("query"):
            kept = {f: d for f, d in definition.fields.items() if f not in _MACHINERY_FIELDS}
            definition = replace(definition, fields=kept)
        if rename:
            definition = _rename(definition, rename)
        types[definition.name] = definition
    roots = {o: rename.get(n, n) for o, n in schema.roots.items() if rename.get(n, n) in types}
    if "query" not in roots and "Query" not in types:
        types["Query"] = TypeDef(name="Query", kind=Kind.OBJECT)
        roots["query"] = "Query"
    return replace(schema, types=types, roots=roots)


def _rename(definition: TypeDef, names: Mapping[str, str]) -> TypeDef:
    def ref(old: TypeRef) -> TypeRef:
        name = base_name(old)
        return renamed(old, names[name]) if name in names else old

    def argument(old: InputValue) -> InputValue:
        return replace(old, type=ref(old.type))

    def output(old: Field) -> Field:
        return replace(old, type=ref(old.type), args={n: argument(a) for n, a in old.args.items()})

    if definition.kind not in (Kind.OBJECT, Kind.INTERFACE, Kind.UNION):
        return definition
    return replace(
        definition,
        name=names.get(definition.name, definition.name),
        fields={n: output(f) for n, f in definition.fields.items()},
        members=tuple(names.get(m, m) for m in definition.members),
    )
