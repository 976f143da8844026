"""Where what a mapping makes of a sample does not fit the schema's types, as a reader would meet it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
)

from connectors.mapping import REDACTED
from connectors.runtime.completion import flat
from connectors.schema import Connector
from connectors.schema.mapping_rules import ENGAGEMENTS, is_completed

Json = Any


def misfits(connector: Connector, value: Json) -> Iterator[str]:
    """Yield every place of a mapped answer whose value is of another type than the schema says; no values."""
    account, engagement = (
        connector.schema.get_type(name) for name in (connector.definition.account_type, "Engagement")
    )
    assert isinstance(account, GraphQLObjectType)
    assert isinstance(engagement, GraphQLObjectType)
    for name, inner in value.items() if isinstance(value, dict) else ():
        if name == ENGAGEMENTS:
            for record in flat(inner) if isinstance(inner, list) else [inner]:
                yield from _of_object(engagement, record, name)
        elif name in account.fields:
            yield from _misfits(account.fields[name].type, inner, name)


def _misfits(kind: GraphQLOutputType, value: Json, where: str) -> Iterator[str]:
    if isinstance(kind, GraphQLNonNull):
        if value is None:
            yield f"{where} is null, but required"
        yield from _misfits(kind.of_type, value, where)
    elif value is None or value == REDACTED:
        return
    elif isinstance(kind, GraphQLList):
        for item in flat(value) if isinstance(value, list) else [value]:
            yield from _misfits(kind.of_type, item, where)
    elif isinstance(kind, GraphQLObjectType):
        yield from _of_object(kind, value, where)
    elif isinstance(kind, GraphQLScalarType | GraphQLEnumType) and not _fits(kind, value):
        yield f"{where} is no {kind.name}"


def _of_object(kind: GraphQLObjectType, value: Json, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no {kind.name}"
        return
    for name, field in kind.fields.items():
        if not is_completed(kind.name, name):
            yield from _misfits(field.type, value.get(name), f"{where}.{name}")


def _fits(kind: GraphQLScalarType | GraphQLEnumType, value: Json) -> bool:
    try:
        match kind.name:
            case "DateTime":
                return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
            case "Date":
                return isinstance(value, str) and date.fromisoformat(value) is not None
            case "Decimal":
                return not isinstance(value, bool) and Decimal(value).is_finite()
            case "Int" if isinstance(value, Decimal):
                return value == value.to_integral_value()
            case "String" | "ID":
                return isinstance(value, str | int | Decimal)
            case _:
                kind.serialize(float(value) if isinstance(value, Decimal) else value)
                return True
    except (GraphQLError, ValueError, TypeError, InvalidOperation):
        return False
