"""What execution needs to know of the schemas: kinds, possible types, enum values, sealed coordinates."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
)


class ExecutionSchema:
    """An index of the API schema, plus what the supergraph adds to it.

    `object_types` are all object types of the supergraph, `hidden_types` those of them that clients do not know.
    `hidden_values` are the values of enums that clients do not know.
    `sealed` are the coordinates (type, field) whose values are sealed for the client.
    """

    __slots__ = ("_enums", "_hidden_values", "_possible", "api", "hidden_types", "object_types", "sealed")

    def __init__(
        self,
        api: GraphQLSchema,
        *,
        object_types: Iterable[str] | None = None,
        hidden_values: Mapping[str, Collection[str]] | None = None,
        sealed: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.api = api
        self._hidden_values = dict(hidden_values or {})
        self._possible: dict[str, frozenset[str]] = {}
        self._enums: dict[str, frozenset[str]] = {}
        own: set[str] = set()
        for name, kind in api.type_map.items():
            if isinstance(kind, GraphQLObjectType):
                own.add(name)
                self._possible[name] = frozenset((name,))
            elif isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
                self._possible[name] = frozenset(each.name for each in api.get_possible_types(kind))
            elif isinstance(kind, GraphQLEnumType):
                self._enums[name] = frozenset(kind.values)
        self.object_types = frozenset(object_types) if object_types is not None else frozenset(own)
        self.hidden_types = self.object_types - own
        self.sealed = frozenset(sealed)

    def is_object(self, name: str) -> bool:
        """Tell whether `name` is an object type of the API schema."""
        return isinstance(self.api.type_map.get(name), GraphQLObjectType)

    def possible_types(self, name: str) -> frozenset[str]:
        """Return the concrete types that a value of composite type `name` may have."""
        return self._possible.get(name, frozenset())

    def enum_values(self, name: str) -> frozenset[str] | None:
        """Return the values of an enum that clients may see; None when `name` is not an enum."""
        return self._enums.get(name)

    def hidden_values(self, name: str) -> frozenset[str]:
        """Return the values of an enum that clients must not see."""
        return frozenset(self._hidden_values.get(name, ()))

    def is_sealed(self, parent: str, field: str) -> bool:
        """Tell whether a field is sealed on `parent`, or on any type that a value of it may have."""
        if not self.sealed:
            return False
        return (parent, field) in self.sealed or any(
            (name, field) in self.sealed for name in self.possible_types(parent)
        )
