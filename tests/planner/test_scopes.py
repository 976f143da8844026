"""Scopes: what a plan discloses, what static authorization removes, and re-entry by key."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest
from graphql import parse

from gateway.planner import (
    PlannerOptions,
    Removed,
    Supergraph,
    authorize,
    normalize,
    operation_key,
    plan,
    show_plan,
)
from gateway.planner.loading import AUTHENTICATED
from gateway.planner.nodes import Fetch, FieldSelection, ProjectedField, Selection

Federate = Callable[..., Supergraph]

CANONICAL = """
type Engagement @shareable { id: ID! title: String earnings: Int @requiresScopes(scopes: [["earnings"]]) }
type Fact @shareable { skill: String! }
interface Account { id: ID! engagements(first: Int = 20): [Engagement!] evidence: [Fact!] @inaccessible }
"""

SUBGRAPHS = {
    "consent": 'type Query { worker(id: ID!): Worker } type Worker @key(fields: "id") { id: ID! }',
    "directory": """
        type Worker @key(fields: "id") { id: ID! accounts: [Account!]! }
        interface Account { id: ID! platform: String! }
        type Uber implements Account @key(fields: "id") { id: ID! platform: String! }
        type Upwork implements Account @key(fields: "id") { id: ID! platform: String! }
    """,
    "graph": """
        type Worker @key(fields: "id") {
          id: ID!
          accounts: [Account!]! @external
          skills: [String!] @requires(fields: "accounts { id evidence { skill } }")
            @requiresScopes(scopes: [["skills"]])
        }
        type Fact @shareable { skill: String! }
        interface Account { id: ID! evidence: [Fact!] @inaccessible }
    """,
    "uber": CANONICAL
    + """
        type Uber implements Account @key(fields: "id") {
          id: ID!
          engagements(first: Int = 20): [Engagement!] @requiresScopes(scopes: [["engagements"]])
          evidence: [Fact!] @inaccessible @requiresScopes(scopes: [["skills"]])
          vehicles: [String!] @requiresScopes(scopes: [["profile", "location"], ["admin"]])
        }
    """,
    "upwork": CANONICAL
    + """
        type Upwork implements Account @key(fields: "id") {
          id: ID!
          engagements(first: Int = 20): [Engagement!] @requiresScopes(scopes: [["engagements"], ["upwork"]])
          evidence: [Fact!] @inaccessible @requiresScopes(scopes: [["skills"]])
        }
    """,
}

SCOPED = PlannerOptions(reenter_scoped=True)


@pytest.fixture(scope="module")
def supergraph(federate: Federate) -> Supergraph:
    return federate(**SUBGRAPHS)


QUERY = """
query ($id: ID!) {
  worker(id: $id) {
    accounts { platform engagements(first: 3) { title earnings } ... on Uber { vehicles } }
    skills
  }
}
"""


def test_a_computed_field_draws_its_inputs_from_every_platform(supergraph: Supergraph) -> None:
    made = plan(supergraph, normalize(supergraph, parse(QUERY)), SCOPED)
    assert show_plan(made) == text(
        """
        QueryPlan {
          Sequence {
            Fetch(service: "consent") {
              worker(id: $id) {
                id
              }
            }
            Fetch(service: "directory") {
              Flatten(path: "worker") {
                Worker { id }
              }
              => {
                ... on Worker {
                  accounts {
                    __typename
                    id
                    platform
                  }
                }
              }
            }
            Parallel {
              Fetch(service: "uber") {
                # discloses admin, earnings, engagements, location, profile, skills
                Flatten(path: "worker.accounts.@") {
                  Uber { id }
                }
                => {
                  ... on Uber {
                    evidence {
                      skill
                    }
                    engagements(first: 3) {
                      title
                      earnings
                    }
                    vehicles
                  }
                }
              }
              Fetch(service: "upwork") {
                # discloses earnings, engagements, skills, upwork
                Flatten(path: "worker.accounts.@") {
                  Upwork { id }
                }
                => {
                  ... on Upwork {
                    evidence {
                      skill
                    }
                    engagements(first: 3) {
                      title
                      earnings
                    }
                  }
                }
              }
            }
            Fetch(service: "graph") {
              # discloses skills
              Flatten(path: "worker") {
                Worker { id accounts { __typename id evidence { skill } } }
              }
              => {
                ... on Worker {
                  skills
                }
              }
            }
          }
        }
        """
    )


def test_fields_outside_the_scopes_are_not_fetched_but_stay_in_the_answer(supergraph: Supergraph) -> None:
    operation = normalize(supergraph, parse(QUERY))
    filtered, removed = authorize(supergraph, operation, frozenset({"engagements", "profile"}))
    account = ("worker", "accounts")
    assert removed == (
        Removed(
            path=(*account, "engagements", "earnings"),
            coordinate=("Engagement", "earnings"),
            scopes=(frozenset({"earnings"}),),
        ),
        Removed(
            path=(*account, "vehicles"),
            coordinate=("Uber", "vehicles"),
            scopes=(frozenset({"profile", "location"}), frozenset({"admin"})),
        ),
        Removed(path=("worker", "skills"), coordinate=("Worker", "skills"), scopes=(frozenset({"skills"}),)),
    )
    made = plan(supergraph, filtered, SCOPED)
    assert fetched(made.fetches) == {"worker", "id", "accounts", "platform", "__typename", "engagements", "title"}
    assert frozenset().union(*(fetch.disclosure for fetch in made.fetches)) == {"engagements", "upwork"}
    assert projected(made.projection) >= {
        "worker.skills",
        "worker.accounts.vehicles",
        "worker.accounts.engagements.earnings",
    }
    assert operation_key(filtered) != operation_key(operation)


def test_an_interface_field_needs_what_each_of_its_types_needs(supergraph: Supergraph) -> None:
    through = normalize(supergraph, parse("{ worker(id: 1) { accounts { engagements { id } } } }"))
    direct = normalize(supergraph, parse("{ worker(id: 1) { accounts { ... on Upwork { engagements { id } } } } }"))
    scopes = frozenset({"upwork"})
    assert [each.path for each in authorize(supergraph, through, scopes)[1]] == [("worker", "accounts", "engagements")]
    assert authorize(supergraph, direct, scopes) == (direct, ())


def test_a_removed_field_keeps_away_from_the_key_that_the_plan_needs(federate: Federate) -> None:
    keyed = {
        "a": 'type Query { thing: Thing } type Thing @key(fields: "id") { id: ID! @requiresScopes(scopes: [["ids"]]) }',
        "b": 'type Thing @key(fields: "id") { id: ID! @requiresScopes(scopes: [["ids"]]) price: Int }',
    }
    supergraph = federate(**keyed)
    operation, removed = authorize(supergraph, normalize(supergraph, parse("{ thing { id price } }")), frozenset())
    made = plan(supergraph, operation)
    (thing,) = made.projection
    keys = {field.response_key: field.data_key for field in thing.selections}
    assert [each.path for each in removed] == [("thing", "id")]
    assert keys["id"] not in fetched_keys(made.fetches)
    assert made.fetches[1].disclosure == {"ids"}


def test_authenticated_and_policies_are_scopes_too(federate: Federate) -> None:
    sdl = 'type Query { me: Int @authenticated secret: Int @policy(policies: [["a"], ["b"]]) open: Int }'
    supergraph = federate(a=sdl)
    operation = normalize(supergraph, parse("{ me secret open }"))

    def removed(*scopes: str) -> list[str]:
        return [each.path[0] for each in authorize(supergraph, operation, frozenset(scopes))[1]]

    assert removed() == ["me", "secret"]
    assert removed(AUTHENTICATED) == ["secret"]
    assert removed(AUTHENTICATED, "@policy(b)") == []


def test_a_scoped_field_is_entered_by_key_although_it_is_local(federate: Federate) -> None:
    sdl = """
        type Query { me: Me }
        type Me @key(fields: "id") { id: ID! name: String pay: Pay @requiresScopes(scopes: [["pay"]]) }
        type Pay { total: Int net: Int @requiresScopes(scopes: [["net"]]) }
    """
    supergraph = federate(a=sdl)
    operation = normalize(supergraph, parse("{ me { name pay { total net } } }"))
    assert len(plan(supergraph, operation).fetches) == 1
    first, second = plan(supergraph, operation, SCOPED).fetches
    assert (first.disclosure, fetched((first,))) == (frozenset(), {"me", "name", "id"})
    assert (second.disclosure, fetched((second,))) == ({"pay", "net"}, {"pay", "total", "net"})


def test_a_scoped_value_draws_the_field_of_the_entity_around_it_along(federate: Federate) -> None:
    sdl = """
        type Query { me: Me }
        type Me @key(fields: "id") { id: ID! home: Home friends: [Me] }
        type Home { city: String street: Street }
        type Street { name: String @requiresScopes(scopes: [["street"]]) }
    """
    supergraph = federate(a=sdl)
    made = plan(supergraph, normalize(supergraph, parse("{ me { home { city } friends { id } } }")), SCOPED)
    assert len(made.fetches) == 1
    query = "{ me { friends { id home { city street { name } } } } }"
    first, second = plan(supergraph, normalize(supergraph, parse(query)), SCOPED).fetches
    assert (first.disclosure, fetched((first,))) == (frozenset(), {"me", "friends", "id"})
    assert (second.disclosure, fetched((second,))) == ({"street"}, {"home", "city", "street", "name"})


def text(block: str) -> str:
    return dedent(block).strip()


def fetched(fetches: tuple[Fetch, ...]) -> set[str]:
    return {selection.name for selection in walk(fetches)}


def fetched_keys(fetches: tuple[Fetch, ...]) -> set[str]:
    return {selection.key for selection in walk(fetches)}


def walk(fetches: tuple[Fetch, ...]) -> list[FieldSelection]:
    found: list[FieldSelection] = []
    stack: list[Selection] = [s for f in fetches for part in (f, *f.entities) for s in part.selections]
    while stack:
        selection = stack.pop()
        stack.extend(selection.selections)
        if isinstance(selection, FieldSelection):
            found.append(selection)
    return found


def projected(fields: tuple[ProjectedField, ...], path: str = "") -> set[str]:
    names = {path + field.response_key for field in fields}
    return names.union(*(projected(field.selections, f"{path}{field.response_key}.") for field in fields))
