"""A universe to check plans in: every object and value is computed from its identity.

One schema's whole truth is `Universe.value(object, field, arguments)`. Executing an operation on the API schema
directly gives the answer that the federated plan has to give. The subgraphs see the same universe through their
own SDL and are strict: what they do not own they answer with poison, a representation that does not identify an
entity is an error, and a field with `@requires` is wrong unless all its inputs came along and were right.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLUnionType,
    build_ast_schema,
    extend_schema,
    get_named_type,
    graphql_sync,
    is_abstract_type,
    is_composite_type,
    is_required_argument,
    parse,
    value_from_ast_untyped,
    visit,
)
from graphql.language import (
    REMOVE,
    ConstDirectiveNode,
    DirectiveDefinitionNode,
    DocumentNode,
    FieldNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    TypeExtensionNode,
    Visitor,
    print_ast,
)

from gateway.composition import Composed, SubgraphSDL, api_schema, compose
from gateway.engine import Engine, EngineOptions
from gateway.engine.options import Limits
from gateway.executor import ALLOW_ALL
from gateway.planner import PlannerOptions, Supergraph, load_supergraph, normalize, plan, show_plan
from gateway.planner.fieldset import FieldSet, parse_field_set
from gateway.subgraph import SubgraphCall

POPULATION = 5
"""How many entities there are of each type."""


NO_LIMITS = Limits(
    document_bytes=1_000_000, tokens=100_000, depth=100, fields=10_000, aliases=10_000, directives=10_000, cost=1e12
)


@dataclass(frozen=True)
class Thing:
    """An object of the universe; `typename` is its concrete type."""

    typename: str
    identity: str


@dataclass(frozen=True, eq=False)
class Seen:
    """A thing as one subgraph sees it: what it was represented by, and what `@provides` adds."""

    thing: Thing
    representation: Mapping[str, Any]
    provided: FieldSet


def digest(*parts: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:6], "big")


class Universe:
    """All objects and values of one supergraph. `nulls`: one in so many nullable values is null (0: none)."""

    def __init__(self, supergraph: Supergraph, api: Any, nulls: int = 0) -> None:
        self.supergraph = supergraph
        self.api = api
        self.nulls = nulls

    def entities(self, typename: str) -> list[Thing]:
        names = sorted(self.supergraph.possible(typename))
        return [Thing(name, f"{name}:{n}") for name in names for n in range(POPULATION)]

    def value(self, thing: Thing, name: str, arguments: Mapping[str, Any]) -> Any:
        info = self.supergraph.types[thing.typename].fields[name]
        known = self.api.type_map.get(thing.typename)
        if known is not None and name in known.fields:
            arguments = {key: value for key, value in arguments.items() if key in known.fields[name].args}
        return self._value(parse_type(info.type), thing, name, json.dumps(arguments, sort_keys=True, default=str))

    def _value(self, type_: Any, *place: Any) -> Any:
        kind, inner = type_
        if kind == "nonnull":
            kind, inner = inner
        elif self.nulls and digest("null", *place) % self.nulls == 0:
            return None
        if kind == "list":
            return [self._value(inner, *place, index) for index in range(2)]
        return self._solid(inner, place)

    def _solid(self, named: str, place: tuple[Any, ...]) -> Any:
        thing, name, arguments, *rest = place
        seed = (thing.identity, name, arguments, *rest)
        types = self.supergraph.types
        if named in types:
            names = self._choices(thing, name, named)
            chosen = names[digest("type", *seed) % len(names)]
            if chosen == "Query":
                return Thing(chosen, "Query:0")
            if any(key for keys in types[chosen].keys.values() for key in keys):
                return Thing(chosen, f"{chosen}:{digest(*seed) % POPULATION}")
            return Thing(chosen, f"{chosen}<{'/'.join(str(part) for part in seed)}>")
        if named in self.supergraph.enums:
            values = sorted(self.api.type_map[named].values) if named in self.api.type_map else ["?"]
            return values[digest(*seed) % len(values)]
        if named == "Int":
            return digest(*seed) % 1_000_000_000
        if named == "Float":
            return digest(*seed) % 1000 / 4
        if named == "Boolean":
            return bool(digest(*seed) % 2)
        return f"{thing.identity}.{name}{arguments if arguments != '{}' else ''}" + "".join(map(str, rest))

    def _choices(self, thing: Thing, name: str, named: str) -> list[str]:
        """Return the concrete types that every subgraph with this field could return."""
        types = self.supergraph.types
        names = set(types[named].possible)
        owners = dict(types[thing.typename].fields[name].owners)
        for subgraph, own in owners.items():
            static = own.type.strip("[]!")
            if subgraph not in types[static].objects_in and not own.external:
                names &= types[static].runtime.get(subgraph, frozenset()) or names
        visible = {name for name in names if name in self.api.type_map}
        return sorted(visible or names) or sorted(types[named].possible)

    def answer(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        """Execute `query` on the API schema, against the universe itself."""

        def resolve(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
            thing = source if isinstance(source, Thing) else Thing(info.parent_type.name, info.parent_type.name + ":0")
            return self.value(thing, info.field_name, arguments)

        return graphql_sync(
            self.api,
            query,
            variable_values=dict(variables or {}),
            field_resolver=resolve,
            type_resolver=lambda value, info, abstract: value.typename,
        )


def parse_type(printed: str) -> Any:
    if printed.endswith("!"):
        return ("nonnull", parse_type(printed[:-1]))
    if printed.startswith("["):
        return ("list", parse_type(printed[1:-1]))
    return ("named", printed)


class UniverseSubgraph:
    """One subgraph's view of the universe. `calls` records what it was asked."""

    def __init__(self, name: str, sdl: str, universe: Universe) -> None:
        self.name = name
        self.sdl = sdl
        self.universe = universe
        self.calls: list[SubgraphCall] = []
        document = parse(sdl, no_location=True)
        self.directives: dict[tuple[str, str | None], list[ConstDirectiveNode]] = {}
        self.schema = self._schema(document)

    def _schema(self, document: DocumentNode) -> Any:
        lines: list[str] = []
        seen: set[str] = set()
        entities: set[str] = set()
        for node in document.definitions:
            if isinstance(node, (DirectiveDefinitionNode, SchemaDefinitionNode, SchemaExtensionNode)):
                continue
            name = node.name.value  # type: ignore[attr-defined]
            self._note(name, None, node.directives or ())  # type: ignore[attr-defined]
            for field in getattr(node, "fields", None) or ():
                self._note(name, field.name.value, field.directives or ())
            is_object = isinstance(node, (ObjectTypeDefinitionNode, ObjectTypeExtensionNode))
            if is_object and any(d.name.value.endswith("key") for d in node.directives or ()):
                entities.add(name)
            if isinstance(node, ScalarTypeDefinitionNode) and name in ("_Any", "FieldSet"):
                continue
            text = strip_directives(print_ast(node))
            if isinstance(node, (ObjectTypeExtensionNode, InterfaceTypeExtensionNode)) and name not in seen:
                text = text.removeprefix("extend ")
            seen.add(name)
            lines.append(text)
        if entities:
            lines.append("scalar _Any")
            lines.append(f"union _Entity = {' | '.join(sorted(entities))}")
            head = "extend type Query" if "Query" in seen else "type Query"
            lines.append(head + " { _entities(representations: [_Any!]!): [_Entity]! }")
        if "Query" not in seen and not entities:
            lines.append("type Query { _none: Int }")
        schema = build_ast_schema(parse("\n".join(lines)), assume_valid_sdl=True)
        return extended(schema, "\n".join(lines))

    def _note(self, type_name: str, field: str | None, directives: Any) -> None:
        self.directives.setdefault((type_name, field), []).extend(directives)

    def _field_sets(self, type_name: str, field: str | None, directive: str) -> list[FieldSet]:
        found = []
        for node in self.directives.get((type_name, field), ()):
            if node.name.value.removeprefix("federation__") == directive:
                for argument in node.arguments or ():
                    if argument.name.value == "fields":
                        found.append(parse_field_set(argument.value.value))  # type: ignore[attr-defined]
        return found

    def _is_external(self, type_name: str, field: str) -> bool:
        places = (self.directives.get((type_name, field), ()), self.directives.get((type_name, None), ()))
        return any(node.name.value.removeprefix("federation__") == "external" for nodes in places for node in nodes)

    async def execute(self, call: SubgraphCall) -> dict[str, Any]:
        self.calls.append(call)
        result = graphql_sync(
            self.schema,
            call.document,
            variable_values=dict(call.variables),
            field_resolver=self._resolve,
            type_resolver=lambda value, info, abstract: self._typename(value, info.schema),
        )
        return dict(result.formatted)

    def _typename(self, value: Seen, schema: Any) -> str:
        if isinstance(schema.type_map.get(value.thing.typename), GraphQLObjectType):
            return value.thing.typename
        for interface in sorted(self.universe.supergraph.types[value.thing.typename].interfaces):
            if isinstance(schema.type_map.get(interface), GraphQLObjectType):
                return interface
        raise AssertionError(f"{self.name} does not know {value.thing.typename}")

    def _resolve(self, source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        name, parent = info.field_name, info.parent_type.name
        if name == "_entities":
            return [self._entity(each) for each in arguments["representations"]]
        if not isinstance(source, Seen):
            source = Seen(Thing(parent, parent + ":0"), {}, ())
        provided = [item for item in source.provided if item.name == name and self._speaks_of(item.on, source.thing)]
        below = tuple(child for item in provided for child in item.selections)
        keys = {item.name for fields in self._field_sets(parent, None, "key") for item in fields}
        if self._is_external(parent, name) and not provided and name not in keys:
            if name in source.representation:
                return source.representation[name]
            raise RuntimeError(f"{self.name} was asked for external {parent}.{name}")
        for required in self._field_sets(parent, name, "requires"):
            problem = self._mismatch(source.thing, required, source.representation)
            if problem:
                raise RuntimeError(f"{self.name} {parent}.{name}: {problem}")
        for fields in self._field_sets(parent, name, "provides"):
            below += fields
        value = self.universe.value(source.thing, name, arguments)
        return self._see(value, below)

    def _speaks_of(self, on: str | None, thing: Thing) -> bool:
        return on is None or thing.typename in self.universe.supergraph.types[on].possible

    def _see(self, value: Any, provided: FieldSet) -> Any:
        if isinstance(value, list):
            return [self._see(each, provided) for each in value]
        return Seen(value, {}, provided) if isinstance(value, Thing) else value

    def _entity(self, representation: Mapping[str, Any]) -> Any:
        typename = representation["__typename"]
        for thing in self.universe.entities(typename):
            for key in self._field_sets(typename, None, "key"):
                if not self._mismatch(thing, key, representation):
                    return Seen(thing, representation, ())
        raise RuntimeError(f"{self.name} cannot find {representation}")

    def _mismatch(self, thing: Thing, fields: FieldSet, given: Mapping[str, Any]) -> str | None:
        """Say what of `fields` is missing from or wrong in `given`, if anything."""
        for item in fields:
            if item.name == "__typename" or not self._speaks_of(item.on, thing):
                continue
            if item.name not in given:
                return f"{item.name} is missing"
            arguments = arguments_of(item.arguments)
            expected = self.universe.value(thing, item.name, arguments)
            problem = self._differs(expected, given[item.name], item.selections)
            if problem:
                return f"{item.name}: {problem}"
        return None

    def _differs(self, expected: Any, given: Any, fields: FieldSet) -> str | None:
        if isinstance(expected, list):
            if not isinstance(given, list) or len(given) != len(expected):
                return f"{given!r} is not {expected!r}"
            return next(filter(None, (self._differs(e, g, fields) for e, g in zip(expected, given, strict=True))), None)
        if isinstance(expected, Thing):
            if given is None:
                return "is null"
            return self._mismatch(expected, fields, given)
        return None if expected == given else f"{given!r} is not {expected!r}"


def arguments_of(printed: str) -> dict[str, Any]:
    if not printed:
        return {}
    document = parse("{ f" + printed + " }")
    field = document.definitions[0].selection_set.selections[0]  # type: ignore[attr-defined]
    assert isinstance(field, FieldNode)
    return {a.name.value: value_from_ast_untyped(a.value) for a in field.arguments or ()}


def strip_directives(text: str) -> str:
    """Print a definition without its directives."""

    class Stripper(Visitor):
        def enter_directive(self, *_: Any) -> Any:
            return REMOVE

    return print_ast(visit(parse(text), Stripper()))


def extended(schema: Any, text: str) -> Any:
    document = parse(text)
    extensions = [node for node in document.definitions if isinstance(node, TypeExtensionNode)]
    if not extensions:
        return schema
    return extend_schema(schema, DocumentNode(definitions=tuple(extensions)), assume_valid_sdl=True)


@dataclass
class World:
    """An engine over universe subgraphs."""

    engine: Engine
    universe: Universe
    subgraphs: list[UniverseSubgraph]

    def expected(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        return self.universe.answer(query, variables).formatted

    def actual(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        async def run() -> Any:
            response = await self.engine.execute(query, variables)
            await response.acknowledge()
            return json.loads(response.body)

        return asyncio.run(run())


def make_world(
    supergraph_sdl: str, subgraphs: Mapping[str, str], nulls: int = 0, options: PlannerOptions | None = None
) -> World:
    supergraph = load_supergraph(supergraph_sdl)
    universe = Universe(supergraph, None, nulls)
    views = [UniverseSubgraph(name, sdl, universe) for name, sdl in subgraphs.items()]
    engine = Engine.from_supergraph(
        supergraph_sdl,
        views,
        gate=ALLOW_ALL,
        options=EngineOptions(limits=NO_LIMITS, planner=options or PlannerOptions()),
    )
    universe.api = api_schema(supergraph_sdl)
    return World(engine, universe, views)


LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@provides", '
    '"@external", "@shareable", "@inaccessible", "@override", "@requiresScopes", "@authenticated", "@policy", '
    '"@interfaceObject"])\n'
)


@pytest.fixture(scope="session")
def federate() -> Callable[..., Supergraph]:
    """Compose subgraphs, given as SDL by name."""

    def federate(**subgraphs: str) -> Supergraph:
        named = [SubgraphSDL(name=name, sdl=LINK + sdl, url="") for name, sdl in sorted(subgraphs.items())]
        result = compose(named)
        assert isinstance(result, Composed), result
        return load_supergraph(result.supergraph_sdl)

    return federate


@pytest.fixture
def planned() -> Callable[..., str]:
    """Plan a query, with planner options, and print the plan."""

    def planned(supergraph: Supergraph, query: str, **options: Any) -> str:
        operation = normalize(supergraph, parse(query))
        return show_plan(plan(supergraph, operation, PlannerOptions(**options)))

    return planned


@pytest.fixture
def world() -> Callable[..., World]:
    """Make a world from a supergraph's SDL and its subgraphs' SDL."""
    return make_world


class QueryWriter:
    """Writes random valid queries for an API schema. `random` decides everything."""

    def __init__(self, schema: Any, random: Any) -> None:
        self.schema = schema
        self.random = random

    def query(self, depth: int) -> str:
        body = self._selection(self.schema.query_type, depth)
        used = [name for name in ("x", "y") if f"${name})" in body]
        head = f"query({', '.join(f'${name}: Boolean!' for name in used)}) " if used else ""
        return head + body

    def _selection(self, type_: Any, depth: int) -> str:
        random, parts = self.random, []
        if is_abstract_type(type_):
            possible = sorted(self.schema.get_possible_types(type_), key=lambda t: t.name)
            for chosen in random.sample(possible, min(len(possible), random.randint(0, 2))):
                parts.append(f"... on {chosen.name}{self._condition()} {self._selection(chosen, depth)}")
        fields = [] if isinstance(type_, GraphQLUnionType) else sorted(type_.fields.items())
        for name, field in random.sample(fields, min(len(fields), random.randint(1, 4))):
            below = get_named_type(field.type)
            arguments = self._arguments(field)
            # Differing arguments under one response key do not merge, so that such fields are renamed.
            alias = f"{name}{random.randint(0, 99)}: " if arguments or random.random() < 0.1 else ""
            text = f"{alias}{name}{arguments}{self._condition()}"
            if not is_composite_type(below):
                parts.append(text)
            elif depth > 0:
                parts.append(f"{text} {self._selection(below, depth - 1)}")
        if not parts or random.random() < 0.2:
            parts.append("__typename")
        return "{ " + " ".join(parts) + " }"

    def _arguments(self, field: Any) -> str:
        chosen = {
            name: self._literal(argument.type)
            for name, argument in field.args.items()
            if is_required_argument(argument) or self.random.random() < 0.5
        }
        return f"({', '.join(f'{name}: {value}' for name, value in chosen.items())})" if chosen else ""

    def _literal(self, type_: Any) -> str:
        named = get_named_type(type_)
        if isinstance(named, GraphQLEnumType):
            return self.random.choice(sorted(named.values))
        return {"Int": "1", "Float": "1.5", "Boolean": "true"}.get(named.name, '"a"')

    def _condition(self) -> str:
        if self.random.random() > 0.08:
            return ""
        return f" @{self.random.choice(['include', 'skip'])}(if: ${self.random.choice(['x', 'y'])})"


@pytest.fixture
def write_query() -> Callable[[World, Any, int], str]:
    """Write a random query for a world."""
    return lambda world, random, depth: QueryWriter(world.engine.api_schema, random).query(depth)
