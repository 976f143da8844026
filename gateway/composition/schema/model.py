"""Types, fields, arguments and directives as the composer sees them.

A `Schema` is one subgraph's schema or the merged one. Everything is immutable; a stage that
changes something builds anew with `dataclasses.replace`. Elements remember where they stood
(`at`) for error locations, and in which block they were written (`block` 0 is the definition,
1… the extensions), because Federation gives `@shareable` and `@key` a meaning per block.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from graphql import ValueNode

from .typeref import TypeRef


class Kind(Enum):
    """The kind of a type; the value is how GraphQL tools name it."""

    SCALAR = "Scalar"
    OBJECT = "Object"
    INTERFACE = "Interface"
    UNION = "Union"
    ENUM = "Enum"
    INPUT = "InputObject"


COMPOSITE = frozenset({Kind.OBJECT, Kind.INTERFACE, Kind.UNION})
INPUT_KINDS = frozenset({Kind.SCALAR, Kind.ENUM, Kind.INPUT})
BUILT_IN_SCALARS = ("Int", "Float", "String", "Boolean", "ID")
ROOTS = ("query", "mutation", "subscription")


@dataclass(frozen=True, slots=True)
class At:
    """A position in a subgraph's SDL, both counted from 1."""

    line: int
    column: int
    subgraph: str = ""
    """Whose SDL, for elements of the merged schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """One application of a directive.

    `spec` is the directive's name in the specification that it was linked from ("key" for a
    `@key` imported as `@primaryKey`); it is empty for directives that no known feature defines.
    """

    name: str
    args: Mapping[str, ValueNode] = field(default_factory=dict)
    spec: str = ""
    block: int = 0
    at: At | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InputValue:
    """An argument of a field or directive, or a field of an input object."""

    name: str
    type: TypeRef
    default: ValueNode | None = None
    directives: tuple[Applied, ...] = ()
    description: str | None = None
    at: At | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of an object or interface."""

    name: str
    type: TypeRef
    args: Mapping[str, InputValue] = field(default_factory=dict)
    directives: tuple[Applied, ...] = ()
    description: str | None = None
    block: int = 0
    at: At | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumValue:
    """A value of an enum."""

    name: str
    directives: tuple[Applied, ...] = ()
    description: str | None = None
    at: At | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeDef:
    """A type of any kind; only the parts that its kind has are filled."""

    name: str
    kind: Kind
    description: str | None = None
    directives: tuple[Applied, ...] = ()
    interfaces: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    inputs: Mapping[str, InputValue] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    values: Mapping[str, EnumValue] = field(default_factory=dict)
    defined: bool = True
    """Whether a definition exists, as opposed to extensions only."""
    extended: bool = False
    """Whether an extension exists."""
    at: At | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveDef:
    """The definition of a directive."""

    name: str
    args: Mapping[str, InputValue] = field(default_factory=dict)
    locations: tuple[str, ...] = ()
    repeatable: bool = False
    description: str | None = None
    at: At | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """A whole schema."""

    types: Mapping[str, TypeDef]
    directives: Mapping[str, DirectiveDef]
    roots: Mapping[str, str]
    """Root type names by operation: `query`, `mutation`, `subscription`."""
    applied: tuple[Applied, ...] = ()
    description: str | None = None

    def root_of(self, type_name: str) -> str | None:
        """The operation that a type is the root of, if it is a root."""
        for operation, name in self.roots.items():
            if name == type_name:
                return operation
        return None

    def implementations(self, interface: str) -> tuple[TypeDef, ...]:
        """The types that declare the interface, in the schema's order."""
        return tuple(t for t in self.types.values() if interface in t.interfaces)

    def possible_types(self, name: str) -> tuple[str, ...]:
        """The object types that a value of the type may have at runtime."""
        definition = self.types.get(name)
        if definition is None:
            return ()
        match definition.kind:
            case Kind.OBJECT:
                return (name,)
            case Kind.UNION:
                return definition.members
            case Kind.INTERFACE:
                return tuple(t.name for t in self.implementations(name) if t.kind is Kind.OBJECT)
            case _:
                return ()


def applications(directives: Iterable[Applied], spec: str) -> tuple[Applied, ...]:
    """The applications of one specified directive, by its name in the specification."""
    return tuple(d for d in directives if d.spec == spec)


def is_applied(directives: Iterable[Applied], spec: str) -> bool:
    """Whether a specified directive is applied at least once."""
    return any(d.spec == spec for d in directives)
