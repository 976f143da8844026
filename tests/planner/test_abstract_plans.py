"""Plans as text: interfaces, unions and interface objects."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from gateway.planner import PlanError, Supergraph, load_supergraph

Federate = Callable[..., Supergraph]
Planned = Callable[..., str]


def text(block: str) -> str:
    return dedent(block).strip()


NAMES = {
    "a": "type Query { named: [Named] } interface Named { name: String id: ID! }"
    ' type Cat implements Named @key(fields: "id") { id: ID! name: String }'
    ' type Dog implements Named @key(fields: "id") { id: ID! name: String }',
    "b": 'type Cat @key(fields: "id") { id: ID! lives: Int } type Dog @key(fields: "id") { id: ID! tricks: Int }',
}


def test_types_of_an_interface_share_the_fetch_to_one_subgraph(federate: Federate, planned: Planned) -> None:
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
def test_interface_objects(query: str, expected: str, federate: Federate, planned: Planned) -> None:
    assert planned(federate(**OBJECTS), query) == text(expected)


UNIONS = {
    "a": "type Query { work: Work @shareable mine: Work } union Work = Book | Film"
    " type Book { title: String @shareable } type Film { length: Int }",
    "b": "type Query { work: Work @shareable } union Work = Book | Song"
    " type Book { title: String @shareable } type Song { key: String }",
}


def test_of_a_shared_union_only_the_members_that_all_agree_on_are_asked(federate: Federate, planned: Planned) -> None:
    query = "{ work { ... on Book { title } ... on Film { length } } mine { ... on Film { length } } }"
    assert planned(federate(**UNIONS), query) == text(
        """
        QueryPlan {
          Fetch(service: "a") {
            mine {
              __typename
              ... on Film {
                length
              }
            }
            work {
              __typename
              ... on Book {
                title
              }
            }
          }
        }
        """
    )


def test_an_interface_without_types_resolves_only_what_its_subgraph_has(federate: Federate, planned: Planned) -> None:
    supergraph = load_supergraph(
        """
        schema @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
        enum join__Graph { A @join__graph(name: "a", url: "") B @join__graph(name: "b", url: "") }
        type Query @join__type(graph: A) @join__type(graph: B) { node: Node @join__field(graph: A) }
        interface Node @join__type(graph: A) @join__type(graph: B) { id: ID! name: String @join__field(graph: B) }
        """
    )
    assert 'service: "a"' in planned(supergraph, "{ node { id } }")
    with pytest.raises(PlanError, match=r"Node\.name"):
        planned(supergraph, "{ node { name } }")
