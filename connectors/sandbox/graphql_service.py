"""GraphQL as a simulated platform serves it: a schema, plain dictionaries as data, and drift in the schema.

Data are nested dictionaries and lists; where a field takes arguments, its value is a function of the
arguments.
A drifted schema has fields renamed: a query with an old name fails validation, as it would at the platform.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FieldDefinitionNode,
    FieldNode,
    GraphQLError,
    GraphQLFormattedError,
    GraphQLResolveInfo,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    Visitor,
    build_ast_schema,
    execute_sync,
    parse,
    validate,
    visit,
)
from starlette.requests import Request
from starlette.responses import Response

__all__ = ["GraphQLCall", "GraphQLService", "read_call"]

_REMEMBERED = 256
_MOST_TOKENS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLCall:
    """A GraphQL request: `document` is parsed, `root_fields` are the operation's, a fragment standing as `...`."""

    query: str
    document: DocumentNode
    variables: Mapping[str, Any] | None
    operation_name: str | None
    root_fields: tuple[str, ...]

    @property
    def label(self) -> str:
        """What the request log shows: the operation's name and root fields."""
        fields = ", ".join(self.root_fields)
        return f"{self.operation_name}: {fields}" if self.operation_name else fields


class GraphQLService:
    """Executes calls over an SDL."""

    def __init__(self, sdl: str) -> None:
        self._document = parse(sdl)
        self._schema = lru_cache(maxsize=8)(self._build)
        self._validated: dict[tuple[tuple[tuple[str, str], ...], str], list[GraphQLFormattedError]] = {}

    def execute(self, call: GraphQLCall, root: Mapping[str, Any], drift: Mapping[str, str]) -> dict[str, Any]:
        """Return the response body of a call."""
        renames = tuple(sorted(drift.items()))
        schema = self._schema(renames)
        problems = self._problems(renames, call)
        if problems:
            return {"data": None, "errors": problems}
        old_names = {new: old for old, new in drift.items()}

        def resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
            value = source.get(old_names.get(info.field_name, info.field_name))
            return value(**arguments) if callable(value) else value

        result = execute_sync(
            schema,
            call.document,
            root_value=root,
            variable_values=dict(call.variables or {}),
            operation_name=call.operation_name,
            field_resolver=resolve,
            type_resolver=lambda value, info, abstract: value["__typename"],
        )
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = [error.formatted for error in result.errors]
        return body

    def _problems(self, renames: tuple[tuple[str, str], ...], call: GraphQLCall) -> list[GraphQLFormattedError]:
        key = (renames, call.query)
        if key not in self._validated:
            if len(self._validated) >= _REMEMBERED:
                self._validated.clear()
            problems = validate(self._schema(renames), call.document)
            self._validated[key] = [problem.formatted for problem in problems]
        return self._validated[key]

    def _build(self, drift: tuple[tuple[str, str], ...]) -> GraphQLSchema:
        document = visit(self._document, _Renamer(dict(drift))) if drift else self._document
        return build_ast_schema(document)


class _Renamer(Visitor):
    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self._names = names

    def leave_field_definition(self, node: FieldDefinitionNode, *_: Any) -> Any:
        new = self._names.get(node.name.value)
        if new is None:
            return None
        return FieldDefinitionNode(
            name=NameNode(value=new),
            description=node.description,
            arguments=node.arguments,
            type=node.type,
            directives=node.directives,
        )


@lru_cache(maxsize=_REMEMBERED)
def _parsed(query: str) -> DocumentNode:
    return parse(query, max_tokens=_MOST_TOKENS)


async def read_call(request: Request) -> GraphQLCall | Response:
    """Read a GraphQL-over-HTTP POST; a body that is none is answered 400."""
    try:
        body = orjson.loads(await request.body())
        query, variables, name = body["query"], body.get("variables"), body.get("operationName")
        if not isinstance(query, str) or not isinstance(variables, dict | None):
            raise TypeError
        document = _parsed(query)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return _problem("The body must be a JSON object with a query.")
    except GraphQLError as error:
        return _problem(error.message)
    except RecursionError:
        return _problem("The query is nested too deeply.")
    operations = [item for item in document.definitions if isinstance(item, OperationDefinitionNode)]
    chosen = [item for item in operations if name is None or (item.name and item.name.value == name)]
    if not chosen:
        return _problem("There is no such operation.")
    selections = chosen[0].selection_set.selections
    return GraphQLCall(
        query=query,
        document=document,
        variables=variables,
        operation_name=name or (chosen[0].name.value if chosen[0].name else None),
        root_fields=tuple(item.name.value if isinstance(item, FieldNode) else "..." for item in selections),
    )


def _problem(message: str) -> Response:
    return Response(orjson.dumps({"errors": [{"message": message}]}), status_code=400, media_type="application/json")
