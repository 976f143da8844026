"""Normalization: fragments inlined, constants applied, the rest merged."""

from __future__ import annotations

from textwrap import dedent

import pytest
from graphql import parse

from gateway.planner import PlanError, Supergraph, load_supergraph, normalize
from gateway.planner.operation import print_operation

SUPERGRAPH = """
schema @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query mutation: Mutation }
enum join__Graph { A @join__graph(name: "a", url: "") }
type Query @join__type(graph: A) { pets(first: Int): [Pet] me: Cat }
type Mutation @join__type(graph: A) { name(of: ID!): Cat }
interface Pet @join__type(graph: A) { id: ID! name: String friend: Pet }
type Cat implements Pet @join__implements(graph: A, interface: "Pet") @join__type(graph: A) {
  id: ID! name: String friend: Pet lives: Int
}
type Dog implements Pet @join__implements(graph: A, interface: "Pet") @join__type(graph: A) {
  id: ID! name: String friend: Pet
}
"""


@pytest.fixture(scope="module")
def supergraph() -> Supergraph:
    return load_supergraph(SUPERGRAPH)


def printed(supergraph: Supergraph, query: str, **options: object) -> str:
    return print_operation(normalize(supergraph, parse(query), **options))  # type: ignore[arg-type]


def test_fragments_are_inlined_and_equal_fields_merged(supergraph: Supergraph) -> None:
    query = """
    query Q($n: Int = 2) { pets(first: $n) { ...P name ... on Cat { lives name } } pets(first: $n) { friend { id } } }
    fragment P on Pet { id friend { name } }
    """
    assert printed(supergraph, query) == dedent(
        """\
        query Query
        $n: Int = 2
          pets: Query.pets(first: $n)
            on Cat
              id: Pet.id
              friend: Pet.friend
                on Cat Dog
                  name: Pet.name
                  id: Pet.id
              name: Pet.name
              lives: Cat.lives
            on Dog
              id: Pet.id
              friend: Pet.friend
                on Cat Dog
                  name: Pet.name
                  id: Pet.id
              name: Pet.name"""
    )


def test_conditions_are_kept_where_they_matter(supergraph: Supergraph) -> None:
    query = """
    query ($x: Boolean!, $y: Boolean!) {
      me @skip(if: $x) { id }
      me @include(if: $y) { name @include(if: $x) lives @skip(if: true) }
      never: me @include(if: $x) @skip(if: $x) { id }
    }
    """
    assert printed(supergraph, query) == dedent(
        """\
        query Query
        $x: Boolean!
        $y: Boolean!
          me: Query.me if not $x or $y
              id: Cat.id if not $x
              name: Cat.name if $x and $y"""
    )


def test_an_unconditional_selection_makes_the_field_unconditional(supergraph: Supergraph) -> None:
    query = "query ($x: Boolean!) { me { id } me @include(if: $x) { id lives } }"
    assert printed(supergraph, query) == dedent(
        """\
        query Query
        $x: Boolean!
          me: Query.me
              id: Cat.id
              lives: Cat.lives if $x"""
    )


def test_deferred_fields_know_their_part(supergraph: Supergraph) -> None:
    query = 'query ($d: Boolean!) { me { id ... @defer(label: "l", if: $d) { id name ... @defer { lives } } } }'
    assert "part" not in printed(supergraph, query)
    assert "part" not in printed(supergraph, query, deferring=frozenset()).replace("part 1", "", 1).replace(
        "lives: Cat.lives in parts 1", ""
    )
    assert printed(supergraph, query, deferring=frozenset({"d"})) == dedent(
        """\
        query Query
        $d: Boolean!
        part 1: Deferral(label='l', within=0)
        part 2: Deferral(label=None, within=1)
          me: Query.me
              id: Cat.id in parts 0 1
              name: Cat.name in parts 1
              lives: Cat.lives in parts 2"""
    )


@pytest.mark.parametrize(
    ("query", "name", "code"),
    [
        ("query A { me { id } } query B { me { id } }", None, "OPERATION_NOT_FOUND"),
        ("query A { me { id } }", "C", "OPERATION_NOT_FOUND"),
        ("fragment F on Cat { id }", None, "OPERATION_NOT_FOUND"),
        ("subscription { me { id } }", None, "OPERATION_NOT_FOUND"),
        ("{ me { ...F } } fragment F on Cat { friend { ...F } ...F }", None, "PLAN_FRAGMENT_CYCLE"),
        ("{ me { ...F } }", None, "OPERATION_NOT_FOUND"),
    ],
)
def test_what_cannot_be_normalized_is_a_coded_error(
    supergraph: Supergraph, query: str, name: str | None, code: str
) -> None:
    with pytest.raises(PlanError) as caught:
        normalize(supergraph, parse(query), name)
    assert caught.value.code == code


def test_fragments_that_multiply_hit_the_limit(supergraph: Supergraph) -> None:
    fragments = "".join(
        f"fragment F{i} on Pet {{ a{i}: friend {{ ...F{i + 1} }} b{i}: friend {{ ...F{i + 1} }} }}" for i in range(30)
    )
    query = "{ me { ...F0 } }" + fragments + "fragment F30 on Pet { id }"
    with pytest.raises(PlanError) as caught:
        normalize(supergraph, parse(query))
    assert caught.value.code == "PLAN_LIMIT_EXCEEDED"
