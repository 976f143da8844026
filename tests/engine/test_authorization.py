"""Static scopes: what a caller may not read is removed before planning, and null in the answer."""

from __future__ import annotations

import pytest

from gateway.executor import ALLOW_ALL

USERS = """
type Query { me: User users: [User!]! }
type User @key(fields: "id") {
  id: ID!
  name: String
  email: String @requiresScopes(scopes: [["email"]])
  card: Card! @requiresScopes(scopes: [["cards", "money"], ["admin"]])
}
type Card { number: String! }
"""
REVIEWS = """
type User @key(fields: "id") { id: ID! reviews: [String!] @requiresScopes(scopes: [["reviews"]]) }
"""
USER = {"id": "1", "name": "Ada", "email": "a@x", "card": {"number": "4"}}


@pytest.fixture
def subgraphs(memory_subgraph):
    users = memory_subgraph(
        "users",
        USERS,
        {"Query.me": lambda _: USER, "Query.users": lambda _: [USER], "User": lambda _: USER},
    )
    reviews = memory_subgraph("reviews", REVIEWS, {"User.reviews": lambda _: ["fine"]})
    return users, reviews


@pytest.fixture
def client(subgraphs, federate):
    return federate(*subgraphs, gate=ALLOW_ALL)


def errors(response):
    return [(error["path"], error["extensions"]["code"]) for error in response.errors]


def test_covered_fields_are_read(client):
    response = client.query("{ me { email reviews } }", scopes=frozenset({"email", "reviews"}))
    assert response.errors == []
    assert response.data == {"me": {"email": "a@x", "reviews": ["fine"]}}


def test_uncovered_fields_are_null_and_never_fetched(client, subgraphs):
    response = client.query("{ me { name e: email reviews } }", scopes=frozenset({"other"}))
    assert response.data == {"me": {"name": "Ada", "e": None, "reviews": None}}
    assert sorted(errors(response)) == [
        (["me", "e"], "UNAUTHORIZED_FIELD_OR_TYPE"),
        (["me", "reviews"], "UNAUTHORIZED_FIELD_OR_TYPE"),
    ]
    users, reviews = subgraphs
    assert not any("email" in document for document in users.documents)
    assert reviews.calls == []


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [({"cards", "money"}, True), ({"admin"}, True), ({"cards"}, False), (set(), False)],
)
def test_any_set_all_of_its_scopes(client, scopes, allowed):
    response = client.query("{ users { id card { number } } }", scopes=frozenset(scopes))
    if allowed:
        assert response.data == {"users": [{"id": "1", "card": {"number": "4"}}]}
    else:
        assert response.data is None
        assert errors(response) == [(["users", "card"], "UNAUTHORIZED_FIELD_OR_TYPE")]


def test_nothing_left_fetches_nothing(client, subgraphs):
    response = client.query("{ me { email } }", scopes=frozenset())
    assert response.data in ({"me": None}, {"me": {"email": None}})
    assert errors(response) == [(["me", "email"], "UNAUTHORIZED_FIELD_OR_TYPE")]


def test_each_set_of_scopes_has_its_own_plan(client):
    query = "{ me { email } }"
    assert client.query(query, scopes=frozenset({"email"})).data == {"me": {"email": "a@x"}}
    assert client.query(query, scopes=frozenset()).errors
    assert client.query(query, scopes=frozenset({"email"})).errors == []
