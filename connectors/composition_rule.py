"""The canonical rules once more, on composed subgraphs: for platforms that bring a federation subgraph of their own.

`CanonicalRule` goes into the composer as a rule of the caller's own; it sees subgraphs through the protocols below and
makes the composer's errors through the function that it is given.

    compose(subgraphs, rules=[CanonicalRule(lambda code, message: CompositionError(code=code, message=message), …)])
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from graphql import (
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    ValueNode,
    print_ast,
)

from connectors.schema.rules import prefix_of
from connectors.schema.vocabulary import ACCOUNT_INTERFACE, CATEGORIES, CATEGORY_OF_FIELD, canonical_types

E_co = TypeVar("E_co", covariant=True)

_BUILT_IN = frozenset({"Int", "Float", "String", "Boolean", "ID"})


class AppliedDirective(Protocol):
    """A directive where it is applied."""

    @property
    def spec(self) -> str:
        """Its name in its specification."""
        ...

    @property
    def args(self) -> Mapping[str, ValueNode]:
        """Its arguments."""
        ...


class FieldLike(Protocol):
    """A field."""

    @property
    def type(self) -> object:
        """Its type; `str()` prints it."""
        ...

    @property
    def directives(self) -> Sequence[AppliedDirective]:
        """What is applied to it."""
        ...


class TypeLike(Protocol):
    """A type."""

    @property
    def interfaces(self) -> Sequence[str]:
        """What it implements."""
        ...

    @property
    def fields(self) -> Mapping[str, FieldLike]:
        """Its fields, if it has such."""
        ...

    @property
    def values(self) -> Mapping[str, object]:
        """Its values, if it is an enum."""
        ...


class SchemaLike(Protocol):
    """A subgraph's schema."""

    @property
    def types(self) -> Mapping[str, TypeLike]:
        """All types by name."""
        ...

    @property
    def roots(self) -> Mapping[str, str]:
        """Root type names by operation."""
        ...


class SubgraphLike(Protocol):
    """An expanded subgraph."""

    @property
    def name(self) -> str:
        """Its name, which is the platform's."""
        ...

    @property
    def schema(self) -> SchemaLike:
        """Its types."""
        ...

    @property
    def machinery(self) -> frozenset[str]:
        """Types that belong to federation itself."""
        ...


class CanonicalRule(Generic[E_co]):
    """Platforms redefine nothing canonical, name their types after themselves, and gate what is personal.

    `trusted` are the subgraphs that are Gigway's own and exempt. `make_error(code, message)` makes an error.
    """

    def __init__(self, make_error: Callable[[str, str], E_co], *, trusted: frozenset[str]) -> None:
        self._make_error = make_error
        self._trusted = trusted

    def check_subgraphs(self, subgraphs: Sequence[SubgraphLike]) -> Iterator[E_co]:
        """Yield the errors of each platform's subgraph, and of platforms that share a type."""
        platforms = [subgraph for subgraph in subgraphs if subgraph.name not in self._trusted]
        for subgraph in platforms:
            for code, message in _problems(subgraph):
                yield self._make_error(code, f"[{subgraph.name}] {message}")
        for code, message in _shared(platforms):
            yield self._make_error(code, message)

    def check_supergraph(self, merged: object) -> Iterator[E_co]:
        """Nothing more shows in the merged schema."""
        return iter(())


Problem = tuple[str, str]


def _shared(platforms: Sequence[SubgraphLike]) -> Iterator[Problem]:
    """A type of one platform is no other's: a fetch for it must not go to somebody else."""
    owners: dict[str, str] = {}
    for subgraph in platforms:
        roots = set(subgraph.schema.roots.values())
        for name in subgraph.schema.types:
            if name in subgraph.machinery or name in _BUILT_IN or name in roots or name in canonical_types():
                continue
            owner = owners.setdefault(name, subgraph.name)
            if owner != subgraph.name:
                yield "TYPE_OF_TWO_PLATFORMS", f"[{subgraph.name}] {name} belongs to {owner}; choose another name."


def _problems(subgraph: SubgraphLike) -> Iterator[Problem]:
    prefix = prefix_of(subgraph.name)
    roots = set(subgraph.schema.roots.values())
    for name, kind in subgraph.schema.types.items():
        if name in subgraph.machinery or name in _BUILT_IN:
            continue
        if name in roots:
            if kind.fields:
                yield "ROOT_FIELDS", f"A platform has no root fields; take {', '.join(kind.fields)} out."
        elif name in canonical_types():
            yield from _changed(name, kind, canonical_types()[name])
        elif not name.startswith(prefix):
            yield "TYPE_PREFIX", f"{name}: a platform's own types begin with {prefix}."
        if ACCOUNT_INTERFACE in kind.interfaces:
            yield from _account(name, kind)


def _changed(name: str, kind: TypeLike, canonical: TypeDefinitionNode) -> Iterator[Problem]:
    if isinstance(canonical, EnumTypeDefinitionNode):
        wanted = {value.name.value for value in canonical.values or ()}
        if set(kind.values) != wanted:
            yield "CANONICAL_TYPE_CHANGED", f"{name} has other values than the canonical one."
    if isinstance(canonical, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
        fields = {field.name.value: (print_ast(field.type), _required(field)) for field in canonical.fields or ()}
        given = {field: (str(inner.type), _scopes(inner)) for field, inner in kind.fields.items()}
        for field in sorted(fields.keys() | given.keys()):
            if fields.get(field) != given.get(field):
                yield "CANONICAL_TYPE_CHANGED", f"{name}.{field} is not as in the canonical model."


def _scopes(field: FieldLike) -> list[str]:
    return [print_ast(each.args["scopes"]) for each in field.directives if each.spec == "requiresScopes"]


def _required(field: FieldDefinitionNode) -> list[str]:
    """The scopes that a canonical field carries, printed."""
    return [
        print_ast(directive.arguments[0].value)
        for directive in field.directives or ()
        if directive.name.value == "requiresScopes" and directive.arguments
    ]


def _account(name: str, kind: TypeLike) -> Iterator[Problem]:
    for field, definition in kind.fields.items():
        if field == "id":
            continue
        scopes = _scopes(definition)
        category = CATEGORY_OF_FIELD.get(field)
        allowed = {f'[["gig:{each}"]]' for each in ([category] if category else CATEGORIES)}
        if not scopes:
            yield "PERSONAL_FIELD_WITHOUT_SCOPE", f"{name}.{field} is personal and has no @requiresScopes."
        elif len(scopes) != 1 or scopes[0] not in allowed:
            expected = f"gig:{category}" if category else "one gig:<category>"
            yield "SCOPE_UNKNOWN", f"{name}.{field} must require {expected} and nothing else."
