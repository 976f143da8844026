"""Plans as text: each federation feature in one small graph, and what is fetched for one query."""

from __future__ import annotations

from textwrap import dedent

import pytest
from graphql import parse

from gateway.composition import SubgraphSDL, compose
from gateway.planner import PlannerOptions, Supergraph, load_supergraph, normalize, plan, show_plan

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", '
    '"@provides", "@external", "@shareable", "@inaccessible", "@override", "@requiresScopes", "@interfaceObject"])\n'
)


def federate(**subgraphs: str) -> Supergraph:
    result = compose([SubgraphSDL(name=name, sdl=LINK + sdl, url="") for name, sdl in sorted(subgraphs.items())])
    assert hasattr(result, "supergraph_sdl"), result
    return load_supergraph(result.supergraph_sdl)


def planned(supergraph: Supergraph, query: str, **options: object) -> str:
    operation = normalize(supergraph, parse(query))
    return show_plan(plan(supergraph, operation, PlannerOptions(**options)))  # type: ignore[arg-type]


def text(block: str) -> str:
    return dedent(block).strip()


def test_root_fields_of_several_subgraphs_are_fetched_in_parallel() -> None:
    supergraph = federate(a="type Query { one: Int }", b="type Query { two(by: Int): Int }")
    assert planned(supergraph, "query ($n: Int) { one alias: two(by: $n) }") == text(
        """
        QueryPlan {
          Parallel {
            Fetch(service: "a") {
              one
            }
            Fetch(service: "b") {
              alias: two(by: $n)
            }
          }
        }
        """
    )


CHAIN = {
    "a": 'type Query { thing: Thing } type Thing @key(fields: "id") { id: ID! }',
    "b": 'type Thing @key(fields: "id") @key(fields: "code { major minor }") { id: ID! code: Code }'
    " type Code @shareable { major: Int minor: Int }",
    "c": 'type Thing @key(fields: "code { major minor }") { code: Code @shareable price: Int }'
    " type Code @shareable { major: Int minor: Int }",
}


def test_a_nested_key_is_reached_by_way_of_another_subgraph() -> None:
    assert planned(federate(**CHAIN), "{ thing { price } }") == text(
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              thing {
                id
              }
            }
            Fetch(service: "b") {
              Flatten(path: "thing") {
                Thing { id }
              }
              => {
                ... on Thing {
                  code {
                    major
                    minor
                  }
                }
              }
            }
            Fetch(service: "c") {
              Flatten(path: "thing") {
                Thing { code { major minor } }
              }
              => {
                ... on Thing {
                  price
                }
              }
            }
          }
        }
        """
    )


REQUIRES = {
    "a": 'type Query { parcel: Parcel } type Parcel @key(fields: "id") { id: ID! weight(unit: Unit): Int size: Int }'
    " enum Unit { KG LB }",
    "b": 'type Parcel @key(fields: "id") { id: ID! weight(unit: Unit): Int @external size: Int @external'
    ' postage: Int @requires(fields: "weight(unit: KG) size") carrier: String } enum Unit { KG LB }',
}


def test_required_inputs_keep_their_arguments_apart_from_the_clients() -> None:
    assert planned(federate(**REQUIRES), "{ parcel { weight(unit: LB) postage carrier } }") == text(
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              parcel {
                weight(unit: LB)
                id
                _g0: weight(unit: KG)
                size
              }
            }
            Fetch(service: "b") {
              Flatten(path: "parcel") {
                Parcel { id weight: _g0 size }
              }
              => {
                ... on Parcel {
                  postage
                  carrier
                }
              }
            }
          }
        }
        """
    )


def test_conditions_reach_the_fetches_that_only_they_need() -> None:
    query = "query ($p: Boolean!) { parcel { size postage @include(if: $p) } }"
    assert planned(federate(**REQUIRES), query) == text(
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              parcel {
                size
                id @include(if: $p)
                weight(unit: KG) @include(if: $p)
              }
            }
            Fetch(service: "b") @include(if: $p) {
              Flatten(path: "parcel") {
                Parcel { id weight size }
              }
              => {
                ... on Parcel {
                  postage
                }
              }
            }
          }
        }
        """
    )


def test_provided_fields_are_taken_where_they_are_provided() -> None:
    supergraph = federate(
        a='type Query { review: Review } type Review { author: User @provides(fields: "name") }'
        ' type User @key(fields: "id") { id: ID! name: String @external }',
        b='type User @key(fields: "id") { id: ID! name: String @shareable age: Int }',
    )
    assert planned(supergraph, "{ review { author { name } } }") == text(
        """
        QueryPlan {
          Fetch(service: "a") {
            review {
              author {
                name
              }
            }
          }
        }
        """
    )


SHARED = {
    "a": "type Query { shop: Shop @shareable } type Shop { name: String @shareable open: Boolean }",
    "b": "type Query { shop: Shop @shareable } type Shop { name: String @shareable address: String }",
}


def test_a_value_type_is_completed_through_its_parent_field() -> None:
    assert planned(federate(**SHARED), "{ shop { name open address } }") == text(
        """
        QueryPlan {
          Parallel {
            Fetch(service: "a") {
              shop {
                name
                open
              }
            }
            Fetch(service: "b") {
              shop {
                address
              }
            }
          }
        }
        """
    )


NAMES = {
    "a": "type Query { named: [Named] } interface Named { name: String id: ID! }"
    ' type Cat implements Named @key(fields: "id") { id: ID! name: String }'
    ' type Dog implements Named @key(fields: "id") { id: ID! name: String }',
    "b": 'type Cat @key(fields: "id") { id: ID! lives: Int } type Dog @key(fields: "id") { id: ID! tricks: Int }',
}


def test_types_of_an_interface_share_the_fetch_to_one_subgraph() -> None:
    assert planned(federate(**NAMES), "{ named { name ... on Cat { lives } ... on Dog { tricks } } }") == text(
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              named {
                __typename
                name
                id
              }
            }
            Fetch(service: "b") {
              Flatten(path: "named.@") {
                Cat { id }
                Dog { id }
              }
              => {
                ... on Cat {
                  lives
                }
                ... on Dog {
                  tricks
                }
              }
            }
          }
        }
        """
    )


def test_mutations_run_one_after_the_other_with_their_entity_fetches() -> None:
    supergraph = federate(
        a='type Query { q: Int } type Mutation { one: Int add: Item } type Item @key(fields: "id") { id: ID! }',
        b='type Mutation { two: Int } type Item @key(fields: "id") { id: ID! price: Int }',
    )
    assert planned(supergraph, "mutation { one add { price } two again: one }") == text(
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a", kind: mutation) {
              one
              add {
                id
              }
            }
            Fetch(service: "b") {
              Flatten(path: "add") {
                Item { id }
              }
              => {
                ... on Item {
                  price
                }
              }
            }
            Fetch(service: "b", kind: mutation) {
              two
            }
            Fetch(service: "a", kind: mutation) {
              again: one
            }
          }
        }
        """
    )


def test_a_subscription_starts_at_its_subgraph_and_completes_entities() -> None:
    supergraph = federate(
        a='type Query { q: Int } type Subscription { added: Item } type Item @key(fields: "id") { id: ID! }',
        b='type Item @key(fields: "id") { id: ID! price: Int }',
    )
    assert planned(supergraph, "subscription { added { price } }") == text(
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a", kind: subscription) {
              added {
                id
              }
            }
            Fetch(service: "b") {
              Flatten(path: "added") {
                Item { id }
              }
              => {
                ... on Item {
                  price
                }
              }
            }
          }
        }
        """
    )


OBJECTS = {
    "a": 'type Query { media: [Media] } interface Media @key(fields: "id") { id: ID! title: String }'
    ' type Book implements Media @key(fields: "id") { id: ID! title: String }'
    ' type Film implements Media @key(fields: "id") { id: ID! title: String }',
    "b": 'type Query { best: Media } type Media @key(fields: "id") @interfaceObject { id: ID! rating: Int }',
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "{ media { title rating } }",
            """
            QueryPlan {
              Sequence {
                Fetch(service: "a") {
                  media {
                    __typename
                    title
                    id
                  }
                }
                Fetch(service: "b") {
                  Flatten(path: "media.@") {
                    Media of Book | Film { id }
                  }
                  => {
                    ... on Media {
                      rating
                    }
                  }
                }
              }
            }
            """,
        ),
        (
            "{ best { rating } }",
            """
            QueryPlan {
              Fetch(service: "b") {
                best {
                  rating
                }
              }
            }
            """,
        ),
        (
            "{ best { __typename ... on Book { title } rating } }",
            """
            QueryPlan {
              Sequence {
                Fetch(service: "b") {
                  best {
                    id
                    rating
                  }
                }
                Fetch(service: "a") {
                  Flatten(path: "best") {
                    Media of Book | Film { id }
                  }
                  => {
                    ... on Media {
                      __typename
                      ... on Book {
                        title
                      }
                    }
                  }
                }
              }
            }
            """,
        ),
    ],
    ids=["from the types", "without the types", "to the types"],
)
def test_interface_objects(query: str, expected: str) -> None:
    assert planned(federate(**OBJECTS), query) == text(expected)


OVERRIDE = {
    "a": 'type Query { item: Item } type Item @key(fields: "id") { id: ID! price: Int }',
    "b": 'type Item @key(fields: "id") { id: ID! price: Int @override(from: "a", label: "percent(5)") }',
}


def test_a_progressive_override_follows_its_label() -> None:
    supergraph = federate(**OVERRIDE)
    before = planned(supergraph, "{ item { price } }")
    after = planned(supergraph, "{ item { price } }", override_labels=frozenset({"percent(5)"}))
    assert 'service: "b"' not in before
    assert after == text(
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              item {
                id
              }
            }
            Fetch(service: "b") {
              Flatten(path: "item") {
                Item { id }
              }
              => {
                ... on Item {
                  price
                }
              }
            }
          }
        }
        """
    )
    assert supergraph.labels == {"percent(5)"}
