"""Whatever is asked: the federated plan gives the answer that one schema over all the data would give."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest
from graphql import parse, validate

from gateway.composition import SubgraphSDL, compose
from gateway.planner import PlannerOptions

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", '
    '"@provides", "@external", "@shareable", "@inaccessible", "@override", "@requiresScopes", "@interfaceObject"])\n'
)

WORK = {
    "consent": 'type Query { worker(id: ID!): Worker } type Worker @key(fields: "id") { id: ID! name: String }',
    "directory": """
        type Worker @key(fields: "id") { id: ID! accounts(live: Boolean): [Account!]! }
        type Platform @key(fields: "name") { name: String! title: String }
        interface Account { id: ID! platform: Platform! }
        type Uber implements Account @key(fields: "id") { id: ID! platform: Platform! }
        type Upwork implements Account @key(fields: "id") { id: ID! platform: Platform! }
    """,
    "graph": """
        type Worker @key(fields: "id") {
          id: ID!
          accounts(live: Boolean): [Account!]! @external
          skills: [Skill!] @requires(fields: "accounts(live: true) { id evidence { skill } }")
            @requiresScopes(scopes: [["skills"]])
        }
        type Skill @key(fields: "name") { name: String! broader: [Skill!] }
        type Fact @shareable { skill: String! }
        interface Account { id: ID! evidence: [Fact!] @inaccessible }
    """,
    "uber": """
        type Fact @shareable { skill: String! }
        type Trip @shareable { id: ID! distance: Float platform: Platform }
        type Platform @key(fields: "name", resolvable: false) { name: String! }
        interface Account { id: ID! work(first: Int): [Trip!] evidence: [Fact!] @inaccessible }
        type Uber implements Account @key(fields: "id") {
          id: ID!
          work(first: Int): [Trip!] @requiresScopes(scopes: [["work"]])
          evidence: [Fact!] @inaccessible @requiresScopes(scopes: [["skills"]])
          vehicle: String
        }
    """,
    "upwork": """
        type Fact @shareable { skill: String! }
        type Trip @shareable { id: ID! distance: Float platform: Platform }
        type Platform @key(fields: "name", resolvable: false) { name: String! }
        interface Account { id: ID! work(first: Int): [Trip!] evidence: [Fact!] @inaccessible }
        type Upwork implements Account @key(fields: "id") {
          id: ID! work(first: Int): [Trip!] evidence: [Fact!] @inaccessible
        }
    """,
}

SHOP = {
    "catalogue": """
        type Query { item(id: ID!): Item best: [Product] }
        interface Product { id: ID! name: String similar: [Product] }
        type Item implements Product @key(fields: "id") @key(fields: "code { maker number }") {
          id: ID! name: String code: Code similar: [Product] weight(unit: Unit): Int
        }
        type Bundle implements Product @key(fields: "id") { id: ID! name: String similar: [Product] items: [Item!] }
        type Code @shareable { maker: ID! number: Int! }
        enum Unit { KG LB }
    """,
    "stock": """
        type Item @key(fields: "code { maker number }") {
          code: Code @shareable count: Int weight(unit: Unit): Int @external
          shipping: Int @requires(fields: "weight(unit: KG)") heavy: Boolean @requires(fields: "weight(unit: LB)")
        }
        type Bundle @key(fields: "id") { id: ID! count: Int }
        type Code @shareable { maker: ID! number: Int! }
        enum Unit { KG LB }
    """,
    "reviews": """
        type Query { latest: [Review!] }
        type Review @key(fields: "id") { id: ID! author: User @provides(fields: "name") about: Reviewed stars: Int }
        union Reviewed = Item | Bundle | User
        type Item @key(fields: "id") { id: ID! reviews(first: Int): [Review!] score: Int }
        type Bundle @key(fields: "id") { id: ID! reviews(first: Int): [Review!] }
        type User @key(fields: "id") { id: ID! name: String @external reviews(first: Int): [Review!] }
    """,
    "users": 'type Query { me: User } type User @key(fields: "id") { id: ID! name: String @shareable age: Int }',
}

MEDIA = {
    "library": """
        type Query { media: [Media] shelf: Shelf @shareable }
        interface Media @key(fields: "id") { id: ID! title: String }
        type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
        type Film implements Media @key(fields: "id") { id: ID! title: String }
        type Shelf { label: String @shareable media: [Media] }
    """,
    "ratings": """
        type Query { best: [Media] shelf: Shelf @shareable }
        type Media @key(fields: "id") @interfaceObject {
          id: ID! rating: Int title: String @external blurb: String @requires(fields: "title")
        }
        type Shelf { label: String @shareable height: Int best: Media }
    """,
    "prices": 'type Media @key(fields: "id") @interfaceObject { id: ID! price: Int } type Query { cheap: Media }',
    "studio": 'type Film @key(fields: "id") { id: ID! director: String }',
}


def platforms(count: int) -> dict[str, str]:
    """A graph with `count` platforms, each in a subgraph of its own; the last one is in two."""
    stubs = "".join(f'type P{i} implements Account @key(fields: "id") {{ id: ID! }}\n' for i in range(count))
    graphs = {
        "directory": "type Query { accounts: [Account!]! one: Account } interface Account { id: ID! }\n" + stubs,
        "places": 'type Place @key(fields: "id") { id: ID! city: String }',
    }
    for i in range(count):
        graphs[f"p{i}"] = f"""
            interface Account {{ id: ID! work(first: Int): [Work!] }}
            type Work @shareable {{ id: ID! pay: Int place: Place }}
            type Place @key(fields: "id", resolvable: false) {{ id: ID! }}
            type P{i} implements Account @key(fields: "id") {{ id: ID! work(first: Int): [Work!] own{i}: Int }}
        """
    graphs["extra"] = f'type P{count - 1} @key(fields: "id") {{ id: ID! bonus: Int }}'
    return graphs


GRAPHS: Mapping[str, Mapping[str, str]] = {"work": WORK, "shop": SHOP, "media": MEDIA, "platforms": platforms(10)}


@cache
def composed(name: str) -> tuple[str, dict[str, str]]:
    subgraphs = {subgraph: LINK + sdl for subgraph, sdl in GRAPHS[name].items()}
    result = compose([SubgraphSDL(name=key, sdl=sdl, url="") for key, sdl in sorted(subgraphs.items())])
    assert hasattr(result, "supergraph_sdl"), result
    return result.supergraph_sdl, subgraphs


@pytest.mark.parametrize(("nulls", "reenter_scoped"), [(0, False), (4, True)], ids=["", "nulls and scopes"])
@pytest.mark.parametrize("name", GRAPHS)
def test_random_queries_are_answered_as_by_one_schema(
    name: str, nulls: int, reenter_scoped: bool, world: Callable[..., Any], write_query: Callable[..., str]
) -> None:
    made = world(*composed(name), nulls=nulls, options=PlannerOptions(reenter_scoped=reenter_scoped))
    for seed in range(int(os.environ.get("GIGWAY_FUZZ", "12"))):
        chance = random.Random(f"{name} {nulls} {seed}")
        query = write_query(made, chance, chance.randint(1, 4))
        if validate(made.engine.api_schema, parse(query)):
            continue
        variables = {"x": chance.random() < 0.5, "y": chance.random() < 0.5}
        variables = {key: value for key, value in variables.items() if f"${key}:" in query}
        assert made.actual(query, variables) == made.expected(query, variables), query
