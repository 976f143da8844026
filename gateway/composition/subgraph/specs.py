"""The specifications that the composer knows: their directives, by version.

Federation 2.0–2.15 as one table with the version each element appeared in, Federation 1, and the
small features that a supergraph links on its own (`tag`, `inaccessible`, `authenticated`, …).
Definitions are written as SDL with the types named bare (`FieldSet`); `definitions` gives them with
the names that a schema's links ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from graphql import DirectiveDefinitionNode, parse

from gateway.composition.schema.build import directive_def
from gateway.composition.schema.model import BUILT_IN_SCALARS, DirectiveDef
from gateway.composition.schema.typeref import base_name, renamed

Version = tuple[int, int]

LATEST: Version = (2, 15)

_FEDERATION_2 = """
directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @requires(fields: FieldSet!) on FIELD_DEFINITION
directive @provides(fields: FieldSet!) on FIELD_DEFINITION
directive @external(reason: String) on OBJECT | FIELD_DEFINITION
directive @extends on OBJECT | INTERFACE
directive @shareable repeatable on FIELD_DEFINITION | OBJECT
directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
  | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA
directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
  | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
directive @override(from: String!, label: String) on FIELD_DEFINITION
directive @composeDirective(name: String) repeatable on SCHEMA
directive @interfaceObject on OBJECT
directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @requiresScopes(scopes: [[Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @policy(policies: [[Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION
directive @fromContext(field: ContextFieldValue) on ARGUMENT_DEFINITION
directive @cost(weight: Int!)
  on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],
  requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
directive @cacheTag(format: String!) repeatable on INTERFACE | OBJECT | FIELD_DEFINITION
"""

_SINCE: dict[str, Version] = {
    "composeDirective": (2, 1),
    "interfaceObject": (2, 3),
    "authenticated": (2, 5),
    "requiresScopes": (2, 5),
    "policy": (2, 6),
    "context": (2, 8),
    "fromContext": (2, 8),
    "cost": (2, 9),
    "listSize": (2, 9),
    "cacheTag": (2, 12),
}

_TYPES_SINCE: dict[str, Version] = {
    "FieldSet": (2, 0),
    "Scope": (2, 5),
    "Policy": (2, 6),
    "ContextFieldValue": (2, 8),
}

FEDERATION_1 = ("key", "requires", "provides", "external", "extends", "tag")
FEDERATION_1_FIELD_SET = "_FieldSet"

_GRAPHQL = """
directive @skip(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @deprecated(reason: String = "No longer supported")
  on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
directive @specifiedBy(url: String!) on SCALAR
directive @oneOf on INPUT_OBJECT
"""

_LINK = """
directive @link(url: String!, as: String, for: Purpose, import: [Import]) repeatable on SCHEMA
"""

_CORE = """
directive @core(feature: String!, as: String, for: Purpose) repeatable on SCHEMA
"""


_CONNECT = """
directive @connect(source: String, id: String, http: ConnectHTTP, batch: ConnectBatch,
  errors: ConnectorErrors, isSuccess: JSONSelection, entity: Boolean = false, selection: JSONSelection!)
  repeatable on FIELD_DEFINITION | OBJECT
directive @source(name: String!, http: SourceHTTP, errors: ConnectorErrors, isSuccess: JSONSelection)
  repeatable on SCHEMA
"""

JOINED = ("connect", "source", "cacheTag")
"""Directives that the supergraph carries as `@join__directive`, each for its own subgraphs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A feature that a supergraph links: what its directives are called and where it lives.

    `version` is the one that a supergraph links; subgraphs may also link the `older` ones.
    """

    identity: str
    version: str
    directives: tuple[str, ...]
    older: tuple[Version, ...] = ()
    scalar: str | None = None
    purpose: str | None = None

    @property
    def name(self) -> str:
        """The feature's own name, the last part of its identity."""
        return self.identity.rsplit("/", 1)[1]

    @property
    def versions(self) -> tuple[Version, ...]:
        """The versions that exist."""
        major, minor = self.version.removeprefix("v").split(".")
        return (*self.older, (int(major), int(minor)))

    @property
    def url(self) -> str:
        """The URL to link."""
        return f"{self.identity}/{self.version}"


_APOLLO = "https://specs.apollo.dev/"
FEATURES: tuple[Feature, ...] = (
    Feature(identity=_APOLLO + "tag", version="v0.3", directives=("tag",), older=((0, 1), (0, 2))),
    Feature(
        identity=_APOLLO + "inaccessible",
        version="v0.2",
        directives=("inaccessible",),
        older=((0, 1),),
        purpose="SECURITY",
    ),
    Feature(identity=_APOLLO + "authenticated", version="v0.1", directives=("authenticated",), purpose="SECURITY"),
    Feature(
        identity=_APOLLO + "requiresScopes",
        version="v0.1",
        directives=("requiresScopes",),
        scalar="Scope",
        purpose="SECURITY",
    ),
    Feature(
        identity=_APOLLO + "policy",
        version="v0.1",
        directives=("policy",),
        scalar="Policy",
        purpose="SECURITY",
    ),
    Feature(identity=_APOLLO + "cost", version="v0.1", directives=("cost", "listSize")),
    Feature(
        identity=_APOLLO + "context",
        version="v0.1",
        directives=("context", "fromContext"),
        scalar="ContextFieldValue",
        purpose="SECURITY",
    ),
)
CONNECT = _APOLLO + "connect"
CONNECT_VERSIONS: tuple[Version, ...] = ((0, 1), (0, 2), (0, 3), (0, 4))
VERSIONS = {**{feature.identity: feature.versions for feature in FEATURES}, CONNECT: CONNECT_VERSIONS}
"""The versions that exist of each specification that a subgraph links beside Federation's own."""
FEATURE_OF_DIRECTIVE = {d: f for f in FEATURES for d in f.directives}


def _parse(sdl: str) -> dict[str, DirectiveDef]:
    nodes = parse(sdl, no_location=True).definitions
    return {n.name.value: directive_def(n, {}) for n in nodes if isinstance(n, DirectiveDefinitionNode)}


FEDERATION_DIRECTIVES = _parse(_FEDERATION_2)
GRAPHQL_DIRECTIVES = _parse(_GRAPHQL)
LINK_DIRECTIVE = _parse(_LINK)["link"]
CONNECT_DIRECTIVES = _parse(_CONNECT)
CORE_DIRECTIVE = _parse(_CORE)["core"]


@cache
def federation_directives(version: Version) -> tuple[str, ...]:
    """The names of the directives of a Federation 2 version."""
    return tuple(n for n in FEDERATION_DIRECTIVES if _SINCE.get(n, (2, 0)) <= version)


@cache
def federation_types(version: Version) -> tuple[str, ...]:
    """The names of the types of a Federation 2 version."""
    return tuple(n for n, since in _TYPES_SINCE.items() if since <= version)


@cache
def federation_definition(element: str, version: Version) -> DirectiveDef:
    """One directive as a Federation 2 version defines it, types named bare."""
    definition = FEDERATION_DIRECTIVES[element]
    if element == "shareable" and version < (2, 2):
        return replace(definition, repeatable=False)
    if element == "override" and version < (2, 7):
        return replace(definition, args={"from": definition.args["from"]})
    if element == "tag" and version < (2, 3):
        return replace(definition, locations=tuple(x for x in definition.locations if x != "SCHEMA"))
    return definition


@cache
def federation_1_definition(element: str) -> DirectiveDef:
    """One directive as Federation 1 defines it."""
    definition = with_types(FEDERATION_DIRECTIVES[element], lambda _: FEDERATION_1_FIELD_SET)
    if element == "external":
        return replace(definition, locations=("OBJECT", "FIELD_DEFINITION"))
    if element == "tag":
        return replace(definition, locations=tuple(x for x in definition.locations if x != "SCHEMA"))
    return definition


def with_types(definition: DirectiveDef, local_type: Callable[[str], str]) -> DirectiveDef:
    """The definition with the specification's types under their local names."""
    args = {}
    for name, arg in definition.args.items():
        base = base_name(arg.type)
        args[name] = arg if base in BUILT_IN_SCALARS else replace(arg, type=renamed(arg.type, local_type(base)))
    return replace(definition, args=args)
