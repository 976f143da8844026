"""Coerces a request's variables as the specification says (GraphQL October 2021 §6.1.2), with coded errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLError, GraphQLSchema, VariableDefinitionNode
from graphql.execution import get_variable_values

from gateway.engine.validation import error_of
from gateway.errors import InvalidRequestError, graphql_error

MAX_ERRORS = 20
INVALID = "BAD_USER_INPUT"

_NONE: Mapping[str, Any] = {}


class VariableReader:
    """Reads the variables of one operation."""

    __slots__ = ("_definitions", "_schema")

    def __init__(self, definitions: Sequence[VariableDefinitionNode], schema: GraphQLSchema) -> None:
        self._definitions = tuple(definitions)
        self._schema = schema

    def read(self, given: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Return the coerced values. Raises `InvalidRequestError`."""
        if not self._definitions:
            return _NONE
        if given is not None and not isinstance(given, Mapping):
            raise InvalidRequestError([graphql_error("Variables must be an object.", INVALID)])
        values = get_variable_values(
            self._schema, self._definitions, dict(given or {}), max_errors=MAX_ERRORS, hide_suggestions=False
        )
        if isinstance(values, list):
            errors: list[GraphQLError] = values
            raise InvalidRequestError([error_of(error, INVALID) for error in errors])
        return values.coerced
