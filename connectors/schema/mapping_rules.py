"""Type-checks mappings against the SDL: what a selection makes must be what the fields promise.

Streams are the two names that are no fields of their own: `engagements`, whose records are canonical engagements
with the mapping-only fields of `EngagementRecord`, and `payments`. A third, `terms`, is a list of the platform's
words for what the worker can do, which only `evidence` reads.
Some fields are never mapped because the runtime fills them in (`COMPLETED`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, assert_never

from graphql import (
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_list_type,
)

from connectors.mapping import MappingError
from connectors.mapping.shape import AnyShape, ListShape, ObjectShape, OneOfShape, ScalarShape, Shape
from connectors.schema.definition import Connect, Definition
from connectors.schema.variables import parse_mapping

COMPLETED: Final[Mapping[str, frozenset[str]]] = {
    "Rating": frozenset({"normalized", "provenance"}),
    "RatingScheme": frozenset({"platform"}),
    "Distance": frozenset({"meters"}),
    "EarningsSummary": frozenset({"provenance"}),
}
"""Per type, the required fields that the runtime fills in; `provenance` is one wherever it stands."""


ENGAGEMENTS: Final = "engagements"
PAYMENTS: Final = "payments"
TERMS: Final = "terms"

Complaint = tuple[str, str]
"""A code and a message."""


def is_completed(type_name: str, field: str) -> bool:
    """Whether the runtime fills this field in, so that no platform is asked for it."""
    return field == "provenance" or field in COMPLETED.get(type_name, ())


def mapping_complaints(definition: Definition, connect: Connect, schema: GraphQLSchema) -> Iterator[Complaint]:
    """Yield what is wrong with the selection of one `@connect`."""
    try:
        shape = parse_mapping(connect.selection).shape()
    except MappingError as error:
        yield "MAPPING_INVALID", f"{error.message} (line {error.line} of the mapping) [{error.code}]"
        return
    for variant in _objects(shape):
        for name, inner in variant.fields.items():
            fields = record_fields(definition, name, schema)
            where = f"{connect.id}: {name}"
            if name in definition.lists and fields is None:
                continue
            if name == TERMS and fields is None:
                if any(True for _ in _objects(inner)):
                    yield "MAPPING_OBJECT_FOR_SCALAR", f"{where} is a list of texts, but the mapping makes objects."
            elif fields is None:
                yield "MAPPING_UNKNOWN_FIELD", f"{connect.id}: {definition.account_type} has no field {name!r}."
            elif isinstance(fields, GraphQLField):
                rule = definition.distinct.get(name)
                counted = rule.count if rule is not None else None
                found = (each for each in _field(fields, inner, where) if not _is_counted(each, counted))
                # Of a list of pages that stands for one value, the first record is taken.
                yield from (each for each in found if each[0] != "MAPPING_LIST_FOR_ONE" or connect.paging is None)
            else:
                yield from check_selection(fields[0], fields[1], inner, where)


def record_fields(
    definition: Definition, name: str, schema: GraphQLSchema
) -> GraphQLField | tuple[str, Mapping[str, GraphQLField]] | None:
    """Return what an account-level name of a mapping must look like: a field, or a stream's record."""
    if name in (ENGAGEMENTS, PAYMENTS):
        record = "Engagement" if name == ENGAGEMENTS else "PaymentRecord"
        fields = dict(_object(schema, record).fields)
        if name == ENGAGEMENTS:
            fields |= _object(schema, "EngagementRecord").fields
        return record, fields
    field: GraphQLField | None = _object(schema, definition.account_type).fields.get(name)
    return field


def _object(schema: GraphQLSchema, name: str) -> GraphQLObjectType:
    found = schema.get_type(name)
    assert isinstance(found, GraphQLObjectType)
    return found


def _objects(shape: Shape) -> Iterator[ObjectShape]:
    """The object shapes of a shape, lists looked through."""
    match shape:
        case ObjectShape():
            yield shape
        case ListShape(of=of):
            yield from _objects(of)
        case OneOfShape(shapes=shapes):
            for each in shapes:
                yield from _objects(each)
        case AnyShape() | ScalarShape():
            return
        case _:
            assert_never(shape)


def _field(field: GraphQLField, shape: Shape, where: str) -> Iterator[Complaint]:
    named = get_named_type(field.type)
    inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    if isinstance(shape, ListShape) and not is_list_type(inner):
        yield "MAPPING_LIST_FOR_ONE", f"{where} is one value, but the mapping makes a list."
    if not isinstance(named, GraphQLObjectType):
        if any(True for _ in _objects(shape)):
            yield "MAPPING_OBJECT_FOR_SCALAR", f"{where} is {named}, but the mapping makes an object."
        elif isinstance(shape, ScalarShape) and named.name == "Boolean" and shape.type not in ("boolean", "null"):
            yield "MAPPING_TYPE_MISMATCH", f"{where} is Boolean, but the mapping makes a {shape.type}."
        return
    yield from check_selection(named.name, named.fields, shape, where)


def check_selection(
    type_name: str, fields: Mapping[str, GraphQLField], shape: Shape, where: str
) -> Iterator[Complaint]:
    """Yield what is wrong with a mapping to an object type, or to a list of it."""
    variants = list(_objects(shape))
    if not variants and not (isinstance(shape, ScalarShape) and shape.type == "null"):
        yield "MAPPING_WITHOUT_FIELDS", f"{where} is {type_name}: name the fields that are taken over in {{ }}."
    for variant in variants:
        for name, inner in variant.fields.items():
            if name not in fields:
                known = ", ".join(each for each in sorted(fields) if not is_completed(type_name, each))
                yield "MAPPING_UNKNOWN_FIELD", f"{where}: {type_name} has no field {name!r}; it has {known}."
            elif is_completed(type_name, name):
                yield "MAPPING_OF_COMPLETED_FIELD", f"{where}.{name} is filled in by the runtime; leave it out."
            else:
                yield from _field(fields[name], inner, f"{where}.{name}")
        if not variant.open:
            for name in _required(type_name, fields):
                if name not in variant.fields:
                    yield "MAPPING_MISSING_FIELD", f"{where}: {type_name}.{name} is required and not mapped."


def _is_counted(complaint: Complaint, count: str | None) -> bool:
    """Whether a complaint is about the field in which `@distinct` counts records."""
    code, message = complaint
    return count is not None and code == "MAPPING_MISSING_FIELD" and f".{count} is required" in message


def _required(type_name: str, fields: Mapping[str, GraphQLField]) -> Iterator[str]:
    for name, field in fields.items():
        if isinstance(field.type, GraphQLNonNull) and not is_completed(type_name, name):
            yield name
