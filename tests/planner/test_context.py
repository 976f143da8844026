"""`@fromContext`: arguments filled from an object further up."""

from __future__ import annotations

from textwrap import dedent

from graphql import parse

from gateway.planner import load_supergraph, normalize, plan, show_plan

SUPERGRAPH = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/context/v0.1", for: SECURITY) { query: Query }
enum join__Graph { BANK @join__graph(name: "bank", url: "") USERS @join__graph(name: "users", url: "") }
type Query @join__type(graph: BANK) @join__type(graph: USERS) { users: [User] @join__field(graph: BANK) }
type Transaction @join__type(graph: BANK, key: "id") {
  id: ID!
  amount: Int @join__field(graph: BANK)
  converted(round: Boolean): Int @join__field(graph: BANK, contextArguments: [
    { context: "bank__user", name: "code", type: "String", selection: " { currency { code } }" }
  ])
}
type User @join__type(graph: BANK, key: "id") @join__type(graph: USERS, key: "id") @context(name: "bank__user") {
  id: ID!
  currency: Currency @join__field(graph: BANK, external: true) @join__field(graph: USERS)
  transactions: [Transaction] @join__field(graph: BANK)
}
type Currency @join__type(graph: BANK) @join__type(graph: USERS) { code: String }
"""


def test_the_value_is_read_from_the_nearest_object_that_sets_the_context() -> None:
    supergraph = load_supergraph(SUPERGRAPH)
    query = "query ($context0: Boolean) { users { transactions { amount converted(round: $context0) } } }"
    made = plan(supergraph, normalize(supergraph, parse(query)))
    assert (
        show_plan(made)
        == dedent(
            """
        QueryPlan {
          Sequence {
            Fetch(service: "bank") {
              users {
                transactions {
                  amount
                  id
                }
                id
              }
            }
            Fetch(service: "users") {
              Flatten(path: "users.@") {
                User { id }
              }
              => {
                ... on User {
                  currency {
                    code
                  }
                }
              }
            }
            Fetch(service: "bank") {
              Flatten(path: "users.@.transactions.@") {
                Transaction { id }
                $_context0: String from users.@ { currency { code } }
              }
              => {
                ... on Transaction {
                  converted(round: $context0, code: $_context0)
                }
              }
            }
          }
        }
        """
        ).strip()
    )
    assert made.fetches[2].variables == (("context0", "Boolean"), ("_context0", "String"))
