"""The supergraph as the planner sees it: an immutable index of what each subgraph can resolve.

`loading.load_supergraph` makes it from `join__*` SDL; everything after that only asks it questions.
A *coordinate* is (type, field) or (type, field, argument).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.planner.fieldset import FieldSet
from gateway.planner.nodes import Scopes

Kind = Literal["object", "interface", "union", "enum", "input", "scalar"]
Coordinate = tuple[str, str] | tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgraphInfo:
    """A subgraph of the supergraph: its name and where it is served."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextArgument:
    """An argument that a subgraph fills from an enclosing object (`@fromContext`)."""

    name: str
    type: str
    context: str
    selection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """What one subgraph says about one field.

    `label` is set for progressive overrides: (label, active) – the subgraph owns the field only while
    the label's state is `active`.
    `type` is the printed type in that subgraph. Within one supergraph, equal ownerships are one object.
    """

    type: str
    external: bool = False
    requires: FieldSet = ()
    provides: FieldSet = ()
    label: tuple[str, bool] | None = None
    contexts: tuple[ContextArgument, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the subgraph resolves the field from nothing but its parent object."""
        return not (self.requires or self.contexts or self.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldInfo:
    """A field of the supergraph. `type` is printed, `named` the innermost type name, `depth` the lists around it.

    `scopes` is what `@requiresScopes` asks for on the field, its output type and its parent; `requirements` adds
    `@policy` and `@authenticated`. `varies`: some subgraph's type differs.
    """

    name: str
    type: str
    named: str
    depth: int
    arguments: Mapping[str, str]
    owners: Mapping[str, Ownership]
    scopes: Scopes = ()
    requirements: Scopes = ()
    inaccessible: bool = False
    varies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An `@key` of a type in one subgraph."""

    fields: FieldSet
    text: str
    resolvable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeInfo:
    """A composite type of the supergraph.

    `keys` and `subgraphs` are per subgraph. `objects_in` are the subgraphs where this interface is an
    `@interfaceObject`. `possible` are all concrete types; `runtime[subgraph]` those that this subgraph can return.
    """

    name: str
    kind: Kind
    fields: Mapping[str, FieldInfo]
    subgraphs: frozenset[str]
    keys: Mapping[str, tuple[Key, ...]]
    interfaces: frozenset[str] = frozenset()
    objects_in: frozenset[str] = frozenset()
    possible: frozenset[str] = frozenset()
    runtime: Mapping[str, frozenset[str]] = field(default_factory=dict)
    scopes: Scopes = ()
    inaccessible: bool = False
    contexts: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supergraph:
    """The whole index. `leaves` are the names of scalars and enums with, for enums, their values."""

    subgraphs: Mapping[str, SubgraphInfo]
    types: Mapping[str, TypeInfo]
    roots: Mapping[str, str]
    directives: Mapping[str, frozenset[Coordinate]]
    enums: Mapping[str, frozenset[str]]
    inaccessible_values: Mapping[str, frozenset[str]]
    labels: frozenset[str]
    varies: bool
    cache: dict[object, object] = field(default_factory=dict, compare=False, repr=False)

    def directive_coordinates(self, name: str) -> frozenset[Coordinate]:
        """Return the fields and arguments on which the composed directive `name` (no `@`) stands."""
        return self.directives.get(name, frozenset())

    def scopes(self, parent: str, name: str) -> Scopes:
        """Return what `@requiresScopes` asks for at the coordinate (`parent`, `name`)."""
        info = self.types[parent].fields.get(name)
        return info.scopes if info else ()

    def possible(self, name: str) -> frozenset[str]:
        """Return the concrete types of `name`; an object type is its own only one."""
        return self.types[name].possible

    def runtime(self, name: str, subgraph: str) -> frozenset[str]:
        """Return the concrete types that `subgraph` can return where its schema says `name`."""
        return self.types[name].runtime.get(subgraph, frozenset())
