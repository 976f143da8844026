"""In-memory subgraphs for the engine: SDL and resolvers, executed by graphql-core, recording what they are asked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from graphql import GraphQLResolveInfo, build_schema, default_field_resolver, graphql

from gateway.engine import Engine
from gateway.subgraph import SubgraphCall

_DEFINITIONS = """
scalar _Any
scalar FieldSet
scalar federation__Scope
directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @requires(fields: FieldSet!) on FIELD_DEFINITION
directive @provides(fields: FieldSet!) on FIELD_DEFINITION
directive @external on FIELD_DEFINITION | OBJECT
directive @shareable repeatable on FIELD_DEFINITION | OBJECT
directive @override(from: String!, label: String) on FIELD_DEFINITION
directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ENUM | ENUM_VALUE | SCALAR | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | INPUT_OBJECT
directive @interfaceObject on OBJECT
directive @composeDirective(name: String!) repeatable on SCHEMA
directive @link(url: String!, as: String, import: [String]) repeatable on SCHEMA
directive @requiresScopes(scopes: [[federation__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
"""

FEDERATION = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@requires", "@provides", "@external", "@shareable", "@override", "@inaccessible",
  "@interfaceObject", "@composeDirective", "@requiresScopes", "@authenticated"
])
"""

Resolver = Callable[..., Any]


class MemorySubgraph:
    """A subgraph from SDL and resolvers.

    `resolvers` maps `Type.field` to a function (source, **arguments), and `Type` to its reference resolver
    (representation → object or None). Objects are mappings; `__typename` in them tells their type.
    """

    def __init__(self, name: str, sdl: str, resolvers: Mapping[str, Resolver] | None = None) -> None:
        self.name = name
        self.sdl = FEDERATION + sdl
        self.calls: list[SubgraphCall] = []
        self._resolvers = dict(resolvers or {})
        entities = sorted(set(re.findall(r"(?:type|interface) (\w+)[^{]*@key", sdl)))
        objects = [each for each in entities if re.search(rf"type {each}\b", sdl)]
        text = _DEFINITIONS + sdl
        if objects:
            text += f"\nunion _Entity = {' | '.join(objects)}\n"
            field = "{ _entities(representations: [_Any!]!): [_Entity]! }"
            text += f"extend type Query {field}" if re.search(r"type Query\b", sdl) else f"type Query {field}"
        self._schema = build_schema(text, assume_valid=True)

    async def execute(self, call: SubgraphCall) -> dict[str, Any]:
        self.calls.append(call)
        result = await graphql(
            self._schema,
            call.document,
            variable_values=dict(call.variables),
            field_resolver=self._resolve,
            type_resolver=lambda value, info, kind: value["__typename"],
        )
        return dict(result.formatted)

    def _resolve(self, source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        if info.field_name == "_entities":
            return [self._entity(each) for each in arguments["representations"]]
        resolver = self._resolvers.get(f"{info.parent_type.name}.{info.field_name}")
        if resolver is not None:
            return resolver(source, **arguments)
        return default_field_resolver(source, info, **arguments)

    def _entity(self, representation: Mapping[str, Any]) -> Any:
        resolver = self._resolvers.get(representation["__typename"])
        found = resolver(representation) if resolver else representation
        return None if found is None else {"__typename": representation["__typename"], **found}

    @property
    def documents(self) -> list[str]:
        return [call.document for call in self.calls]


class Client:
    """Queries an engine synchronously and acknowledges."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def query(self, query: str, variables: Mapping[str, Any] | None = None, **options: Any) -> Any:
        async def run() -> Any:
            response = await self.engine.execute(query, variables, **options)
            await response.acknowledge()
            return response

        return asyncio.run(run())


@pytest.fixture
def memory_subgraph() -> type[MemorySubgraph]:
    return MemorySubgraph


@pytest.fixture
def federate() -> Callable[..., Client]:
    def federate(*subgraphs: Any, **options: Any) -> Client:
        return Client(Engine.from_subgraphs(subgraphs, **options))

    return federate
