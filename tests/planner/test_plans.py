"""Plans as text: each federation feature in one small graph, and what is fetched for one query."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

from graphql import parse

from gateway.planner import Supergraph, normalize, plan

Federate = Callable[..., Supergraph]
Planned = Callable[..., str]


def text(block: str) -> str:
    return dedent(block).strip()


def test_root_fields_of_several_subgraphs_are_fetched_in_parallel(federate: Federate, planned: Planned) -> None:
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


def test_a_nested_key_is_reached_by_way_of_another_subgraph(federate: Federate, planned: Planned) -> None:
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


def test_required_inputs_keep_their_arguments_apart_from_the_clients(federate: Federate, planned: Planned) -> None:
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


def test_conditions_reach_the_fetches_that_only_they_need(federate: Federate, planned: Planned) -> None:
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


def test_provided_fields_are_taken_where_they_are_provided(federate: Federate, planned: Planned) -> None:
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


def test_a_value_type_is_completed_through_its_parent_field(federate: Federate, planned: Planned) -> None:
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


def test_mutations_run_one_after_the_other_with_their_entity_fetches(federate: Federate, planned: Planned) -> None:
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


def test_a_subscription_starts_at_its_subgraph_and_completes_entities(federate: Federate, planned: Planned) -> None:
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


OVERRIDE = {
    "a": 'type Query { item: Item } type Item @key(fields: "id") { id: ID! price: Int }',
    "b": 'type Item @key(fields: "id") { id: ID! price: Int @override(from: "a", label: "percent(5)") }',
}


def test_a_progressive_override_follows_its_label(federate: Federate, planned: Planned) -> None:
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


def test_of_equal_subgraphs_the_one_that_provides_more_is_asked(federate: Federate, planned: Planned) -> None:
    supergraph = federate(
        a='type Query { pet: Pet @shareable } type Pet @key(fields: "id") { id: ID! }',
        b='type Query { pet: Pet @shareable @provides(fields: "name") }'
        ' type Pet @key(fields: "id") { id: ID! name: String @external }',
        c='type Pet @key(fields: "id") { id: ID! name: String @shareable age: Int }',
    )
    assert planned(supergraph, "{ pet { name age } }") == text(
        """
        QueryPlan {
          Sequence {
            Fetch(service: "b") {
              pet {
                name
                id
              }
            }
            Fetch(service: "c") {
              Flatten(path: "pet") {
                Pet { id }
              }
              => {
                ... on Pet {
                  age
                }
              }
            }
          }
        }
        """
    )


def test_the_query_root_below_another_field_is_entered_without_a_key(federate: Federate, planned: Planned) -> None:
    supergraph = federate(
        a="type Query { one: Int } type Mutation { act: Done } type Done { ok: Boolean query: Query }",
        b="type Query { two: Int }",
    )
    assert planned(supergraph, "mutation { act { ok query { one two } } }") == text(
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a", kind: mutation) {
              act {
                ok
                query {
                  one
                }
              }
            }
            Fetch(service: "b", path: "act.query") {
              two
            }
          }
        }
        """
    )


def test_what_the_gateway_answers_itself_is_not_fetched(federate: Federate, planned: Planned) -> None:
    supergraph = federate(a="type Query { one: Int }")
    made = plan(supergraph, normalize(supergraph, parse("{ __typename __schema { queryType { name } } }")))
    assert (made.fetches, made.introspection) == ((), True)
    assert [(field.parent, field.name) for field in made.projection] == [
        ("Query", "__typename"),
        ("Query", "__schema"),
    ]


def test_no_alias_passes_for_a_key_of_the_plan(federate: Federate, planned: Planned) -> None:
    supergraph = federate(**CHAIN)
    assert planned(supergraph, "{ thing { __typename: id _g0: id _g7: id id: __typename code { minor } } }") == text(
        """
        QueryPlan {
          Sequence {
            Fetch(service: "a") {
              thing {
                __typename
                _g0: id
                _g1: id
                _g2: id
              }
            }
            Fetch(service: "b") {
              Flatten(path: "thing") {
                Thing { id: _g0 }
              }
              => {
                ... on Thing {
                  code {
                    minor
                  }
                }
              }
            }
          }
        }
        """
    )
