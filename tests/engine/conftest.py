"""Subgraphs in memory (SDL and resolvers, executed by graphql-core) and a gate; both record what they are asked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

import pytest
from graphql import (
    ExecutionResult,
    GraphQLResolveInfo,
    build_schema,
    default_field_resolver,
    graphql,
    parse,
    subscribe,
)

from gateway.engine import Engine, compose_supergraph
from gateway.executor.hooks import Denial, GateDecision, GateRequest
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
directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ENUM | ENUM_VALUE | SCALAR
directive @interfaceObject on OBJECT
directive @composeDirective(name: String!) repeatable on SCHEMA
directive @link(url: String!, as: String, import: [String]) repeatable on SCHEMA
directive @requiresScopes(scopes: [[federation__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
scalar ContextFieldValue
directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION
directive @fromContext(field: ContextFieldValue) on ARGUMENT_DEFINITION
directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],
  requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
"""

FEDERATION = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@requires", "@provides", "@external", "@shareable", "@override", "@inaccessible",
  "@interfaceObject", "@composeDirective", "@requiresScopes", "@authenticated", "@context", "@fromContext",
  "@cost", "@listSize"
])
"""

Resolver = Callable[..., Any]

_composed: dict[tuple[tuple[str, str], ...], str] = {}
"""Supergraphs by what they were composed from: composition has its own tests."""


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

    async def subscribe(self, call: SubgraphCall) -> AsyncGenerator[dict[str, Any], None]:
        """Subscription fields have resolvers that return asynchronous iterators of their values."""
        self.calls.append(call)
        events = subscribe(
            self._schema,
            parse(call.document),
            variable_values=dict(call.variables),
            subscribe_field_resolver=self._resolve,
        )
        if isawaitable(events):
            events = await events
        if isinstance(events, ExecutionResult):
            yield dict(events.formatted)
            return
        try:
            async for result in events:
                yield dict(result.formatted)
        finally:
            await events.aclose()

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


class TestPermit:
    """A permit that a test can end."""

    __test__ = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.ended = False
        self._callbacks: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return self.name

    def on_end(self, callback: Callable[[], None]) -> Callable[[], None]:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def end(self) -> None:
        self.ended = True
        for callback in list(self._callbacks):
            callback()


@dataclass
class RecordingGate:
    """Denies the scopes that `refuses` returns for a request; everything else is allowed under a permit each."""

    refuses: Callable[[GateRequest], Mapping[str, Denial]] = field(default=lambda request: {})
    requests: list[list[GateRequest]] = field(default_factory=list)
    permits: list[TestPermit] = field(default_factory=list)
    ends: Callable[[TestPermit], frozenset[str]] = field(default=lambda permit: frozenset())
    released: list[dict[str, dict[str, int]]] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    async def acquire(self, requests: Sequence[GateRequest], session: Any) -> Sequence[GateDecision]:
        self.requests.append(list(requests))
        decisions = []
        for request in requests:
            denied = self.refuses(request)
            permit = TestPermit(f"{request.subgraph}/{len(self.permits)}")
            self.permits.append(permit)
            decisions.append(GateDecision(permit=permit, allowed=request.scopes - denied.keys(), denied=denied))
        return decisions

    async def release(self, permits: Any, session: Any, disclosed: Any) -> Mapping[Any, frozenset[str]]:
        self.released.append({permit.name: dict(scopes) for permit, scopes in disclosed.items()})
        return {permit: ended for permit in permits if (ended := self.ends(permit))}

    async def acknowledge(self, permits: Any, session: Any) -> None:
        self.acknowledged += [permit.name for permit in permits]


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

    def stream(self, query: str, take: int | None = None, **options: Any) -> list[Any]:
        async def run() -> list[Any]:
            responses: list[Any] = []
            events = self.engine.subscribe(query, **options)
            async for response in events:
                responses.append(response)
                await response.acknowledge()
                if len(responses) == take:
                    await events.aclose()
            return responses

        return asyncio.run(run())


@pytest.fixture
def memory_subgraph() -> type[MemorySubgraph]:
    return MemorySubgraph


@pytest.fixture
def federate() -> Callable[..., Client]:
    def federate(*subgraphs: Any, **options: Any) -> Client:
        key = tuple((each.name, each.sdl) for each in subgraphs)
        if key not in _composed:
            _composed[key] = compose_supergraph(subgraphs)
        return Client(Engine.from_supergraph(_composed[key], subgraphs, **options))

    return federate


@pytest.fixture
def recording_gate() -> type[RecordingGate]:
    return RecordingGate
