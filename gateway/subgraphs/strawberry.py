"""A Strawberry schema as a subgraph in this process: no HTTP, no JSON, no second validation.

Documents come from our own planner, so they are parsed once, cached, and not validated again. Strawberry's
`_entities` changes the representations that it is given and gives up the whole list at an unknown type: it gets copies,
and unknown types are taken out before and answered with null and an error.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    VariableNode,
    execute,
    parse,
    subscribe,
)
from strawberry.federation import Schema

from gateway.subgraph import Answer, SubgraphCall

logger = logging.getLogger(__name__)

MAX_DOCUMENTS = 4_096

ContextFactory = Callable[[SubgraphCall], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parsed:
    """A document, and the response key of every `_entities` field by its variable."""

    document: DocumentNode
    entities: Mapping[str, str]


class StrawberrySubgraph:
    """One Strawberry federation schema.

    `context` makes the resolvers' `info.context` from the call; by default that is the call itself, whose `session`
    and `permits` resolvers may read. Schema extensions are not run; resolvers and their permissions are.
    """

    def __init__(self, name: str, schema: Schema, *, context: ContextFactory | None = None) -> None:
        self._name = name
        self._schema = schema
        self._graphql = schema._schema
        self._sdl = schema.as_str()
        self._context = context or (lambda call: call)
        self._types = frozenset(schema.schema_converter.type_map)
        self._documents: dict[str, _Parsed] = {}

    @property
    def name(self) -> str:
        """The name under which it is composed."""
        return self._name

    @property
    def sdl(self) -> str:
        """Its SDL, printed by Strawberry."""
        return self._sdl

    async def execute(self, call: SubgraphCall) -> Answer:
        """Answer `call`."""
        parsed = self._documents.get(call.document)
        if parsed is None:
            parsed = _parse(call.document)
            if len(self._documents) < MAX_DOCUMENTS:
                self._documents[call.document] = parsed
        variables = dict(call.variables)
        unknown: dict[str, list[int]] = {}
        for variable, key in parsed.entities.items():
            representations = variables.get(variable) or ()
            skipped = [index for index, each in enumerate(representations) if each.get("__typename") not in self._types]
            if skipped:
                unknown[key] = skipped
            variables[variable] = [dict(each) for each in representations if each.get("__typename") in self._types]
        result = execute(self._graphql, parsed.document, context_value=self._context(call), variable_values=variables)
        if isawaitable(result):
            result = await result
        assert isinstance(result, ExecutionResult)
        answer = self._answer(result)
        if unknown and result.data is not None:
            _put_back(result.data, answer.setdefault("errors", []), unknown)
        return answer

    async def subscribe(self, call: SubgraphCall) -> AsyncGenerator[Answer, None]:
        """Answer a subscription, once for each event."""
        opened = subscribe(
            self._graphql,
            _parse(call.document).document,
            context_value=self._context(call),
            variable_values=dict(call.variables),
        )
        if isawaitable(opened):
            opened = await opened
        if isinstance(opened, ExecutionResult):
            yield {"data": None, "errors": [self._error(each) for each in opened.errors or ()]}
            return
        try:
            async for result in opened:
                yield self._answer(result)
        finally:
            if isinstance(opened, AsyncGenerator):
                await opened.aclose()

    def _answer(self, result: ExecutionResult) -> dict[str, Any]:
        errors = [self._error(each) for each in result.errors or ()]
        return {"data": result.data, "errors": errors} if errors else {"data": result.data}

    def _error(self, error: GraphQLError) -> dict[str, Any]:
        """Return an error for the client. The text of an unexpected exception stays here."""
        original = error.original_error
        if original is None or isinstance(original, GraphQLError):
            formatted: dict[str, Any] = dict(error.formatted)
            formatted.pop("locations", None)
            return formatted
        logger.error("resolver failed", extra={"subgraph": self._name}, exc_info=original)
        masked: dict[str, Any] = {
            "message": "The subgraph failed to resolve this field.",
            "extensions": {"code": "INTERNAL_SERVER_ERROR"},
        }
        if error.path is not None:
            masked["path"] = list(error.path)
        return masked


def _parse(text: str) -> _Parsed:
    document = parse(text, no_location=True)
    entities: dict[str, str] = {}
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode):
            continue
        for field in definition.selection_set.selections:
            if not isinstance(field, FieldNode) or field.name.value != "_entities":
                continue
            for argument in field.arguments or ():
                if isinstance(argument.value, VariableNode):
                    alias = field.alias or field.name
                    entities[argument.value.name.value] = alias.value
    return _Parsed(document=document, entities=entities)


def _put_back(data: dict[str, Any], errors: list[dict[str, Any]], unknown: Mapping[str, list[int]]) -> None:
    """Insert null for the representations that were not asked about, and move the other errors' indexes."""
    for key, skipped in unknown.items():
        found = data.get(key)
        if not isinstance(found, list):
            continue
        for error in errors:
            path = error.get("path")
            if isinstance(path, list) and len(path) > 1 and path[0] == key and isinstance(path[1], int):
                for index in skipped:
                    if index <= path[1]:
                        path[1] += 1
        for index in skipped:
            found.insert(index, None)
            errors.append(
                {
                    "message": "The subgraph does not know this type.",
                    "path": [key, index],
                    "extensions": {"code": "UNKNOWN_ENTITY_TYPE"},
                }
            )
