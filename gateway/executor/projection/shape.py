"""The projection of a plan with its types resolved: what both projectors are built from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from graphql import ListTypeNode, NamedTypeNode, NonNullTypeNode, TypeNode, parse_type

from gateway.executor.projection.leaves import SCALARS, Coerce, coerce_custom, enum_coercer
from gateway.executor.schema import ExecutionSchema
from gateway.planner.nodes import Condition, ProjectedField

PythonType = type

INTROSPECTION = frozenset(("__schema", "__type"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeShape:
    """A GraphQL type: `item` for lists, `name` for everything else."""

    name: str
    non_null: bool
    item: TypeShape | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShapedField:
    """One field of the answer with everything that projecting it needs.

    `number` identifies it within its plan. `shared` tells that several places of the tree may hold the very same
    object here, so that one projection of it serves them all. `coerce` is None for composite types.
    `leaf` is the named type; a value of an opaque one passes as it is.
    `possible` are the concrete types that clients know, `hidden` all types that they do not know.
    """

    number: int
    parent: str
    name: str
    response_key: str
    data_key: str
    type: TypeShape
    types: frozenset[str] | None
    conditions: tuple[tuple[Condition, ...], ...]
    leaf: str
    is_opaque: bool
    coerce: Coerce | None
    fast_type: PythonType | None
    sealed: bool
    shared: bool
    constant: str | None
    possible: frozenset[str]
    hidden: frozenset[str]
    is_abstract: bool
    fields: tuple[ShapedField, ...] = field(default=())


def shape_projection(
    fields: Sequence[ProjectedField],
    schema: ExecutionSchema,
    entity_paths: Iterable[tuple[str, ...]] = (),
    path: tuple[str, ...] = (),
) -> tuple[ShapedField, ...]:
    """Resolve the types of a projection.

    `entity_paths` are the places, in data keys alone, where entities stand: equal ones have become one object.
    `path` is where the fields stand, if not at the root.
    """
    shaper = _Shaper(schema, frozenset(entity_paths))
    return tuple(shaper.shape(each, path) for each in fields)


def iterate_shapes(fields: Sequence[ShapedField]) -> Iterator[ShapedField]:
    """Yield every field of a projection, parents first."""
    for each in fields:
        yield each
        yield from iterate_shapes(each.fields)


def graft(fields: Sequence[ShapedField], path: Sequence[str], extra: Sequence[ShapedField]) -> tuple[ShapedField, ...]:
    """Return a projection with more fields at a place, given in response keys."""
    if not path:
        return (*fields, *extra)
    return tuple(
        replace(each, fields=graft(each.fields, path[1:], extra)) if each.response_key == path[0] else each
        for each in fields
    )


def fields_for(fields: Sequence[ShapedField], typename: str) -> tuple[ShapedField, ...]:
    """Return the fields that are selected on objects of a concrete type."""
    return tuple(each for each in fields if each.types is None or typename in each.types)


class _Shaper:
    def __init__(self, schema: ExecutionSchema, entity_paths: frozenset[tuple[str, ...]]) -> None:
        self._schema = schema
        self._entity_paths = entity_paths
        self._count = 0

    def shape(self, each: ProjectedField, path: tuple[str, ...]) -> ShapedField:
        schema = self._schema
        kind = _type_shape(parse_type(each.type))
        named = kind
        while named.item is not None:
            named = named.item
        number = self._count
        self._count += 1
        possible = schema.possible_types(named.name)
        coerce: Coerce | None = None
        fast_type: PythonType | None = None
        if each.name in INTROSPECTION:
            coerce = coerce_custom
        elif named.name in SCALARS:
            coerce, fast_type = SCALARS[named.name]
        elif not possible:
            values = schema.enum_values(named.name)
            coerce = (
                coerce_custom if values is None else enum_coercer(named.name, values, schema.hidden_values(named.name))
            )
        constant = each.parent if each.name == "__typename" and schema.is_object(each.parent) else None
        return ShapedField(
            number=number,
            parent=each.parent,
            name=each.name,
            response_key=each.response_key,
            data_key=each.data_key,
            type=kind,
            types=each.types,
            conditions=each.conditions,
            leaf=named.name,
            is_opaque=coerce is coerce_custom,
            coerce=coerce,
            fast_type=fast_type,
            sealed=coerce is not None and schema.is_sealed(each.parent, each.name),
            shared=coerce is None and (*path, each.data_key) in self._entity_paths,
            constant=constant,
            possible=possible,
            hidden=schema.hidden_types,
            is_abstract=bool(possible) and not schema.is_object(named.name),
            fields=tuple(self.shape(inner, (*path, each.data_key)) for inner in each.selections),
        )


def _type_shape(node: TypeNode) -> TypeShape:
    non_null = isinstance(node, NonNullTypeNode)
    inner = node.type if isinstance(node, NonNullTypeNode) else node
    if isinstance(inner, ListTypeNode):
        return TypeShape(name="", non_null=non_null, item=_type_shape(inner.type))
    assert isinstance(inner, NamedTypeNode)
    return TypeShape(name=inner.name.value, non_null=non_null)
