"""Federation features end to end: composed, planned and executed over subgraphs with resolvers."""

from __future__ import annotations

import pytest

USERS = {"1": {"id": "1", "name": "Ada", "email": "ada@example.org"}, "2": {"id": "2", "name": "Bo", "email": None}}
REVIEWS = [
    {"id": "r1", "body": "good", "author": {"id": "1"}},
    {"id": "r2", "body": "bad", "author": {"id": "2"}},
    {"id": "r3", "body": "fine", "author": {"id": "1"}},
]


@pytest.fixture
def shop(memory_subgraph, federate):
    users = memory_subgraph(
        "users",
        """
        type Query { me: User user(id: ID!): User }
        type User @key(fields: "id") { id: ID! name: String email: String }
        """,
        {
            "Query.me": lambda _: USERS["1"],
            "Query.user": lambda _, id: USERS.get(id),
            "User": lambda reference: USERS.get(reference["id"]),
        },
    )
    reviews = memory_subgraph(
        "reviews",
        """
        type Query { reviews: [Review!]! }
        type Review @key(fields: "id") { id: ID! body: String author: User! }
        type User @key(fields: "id") {
          id: ID!
          email: String @external
          reviews(first: Int): [Review!]!
          greeting: String @requires(fields: "email")
        }
        """,
        {
            "Query.reviews": lambda _: REVIEWS,
            "User.reviews": lambda user, first=None: [r for r in REVIEWS if r["author"]["id"] == user["id"]][:first],
            "User.greeting": lambda user: f"mailto:{user['email']}",
        },
    )
    client = federate(users, reviews)
    client.users, client.reviews = users, reviews
    return client


def test_entity_is_joined_by_its_key(shop):
    response = shop.query("{ me { name reviews { body } } }")
    assert response.errors == []
    assert response.data == {"me": {"name": "Ada", "reviews": [{"body": "good"}, {"body": "fine"}]}}


def test_body_is_the_response_as_json(shop):
    assert shop.query("{ me { id } }").body == b'{"data":{"me":{"id":"1"}}}'


def test_nested_entities_are_fetched_once_each(shop):
    response = shop.query("{ reviews { id author { name } } }")
    assert [each["author"]["name"] for each in response.data["reviews"]] == ["Ada", "Bo", "Ada"]
    assert [call.variables for call in shop.users.calls] == [
        {"representations": [{"__typename": "User", "id": "1"}, {"__typename": "User", "id": "2"}]}
    ]


def test_requires_brings_its_input_first(shop):
    response = shop.query("{ me { greeting } }")
    assert response.data == {"me": {"greeting": "mailto:ada@example.org"}}


def test_aliases_arguments_and_variables(shop):
    response = shop.query(
        "query Q($n: Int = 1, $id: ID!) { u: user(id: $id) { one: reviews(first: $n) { id } all: reviews { id } } }",
        {"id": "1"},
    )
    assert response.errors == []
    assert response.data == {"u": {"one": [{"id": "r1"}], "all": [{"id": "r1"}, {"id": "r3"}]}}


def test_skip_and_include_at_run_time(shop):
    query = """
    query Q($yes: Boolean!) { me { name @include(if: $yes) id @skip(if: $yes) reviews @include(if: $yes) { id } } }
    """
    assert shop.query(query, {"yes": False}).data == {"me": {"id": "1"}}
    assert shop.reviews.calls == []
    assert shop.query(query, {"yes": True}).data == {"me": {"name": "Ada", "reviews": [{"id": "r1"}, {"id": "r3"}]}}


def test_typename_everywhere(shop):
    response = shop.query("{ __typename me { t: __typename reviews { __typename author { __typename } } } }")
    review = {"__typename": "Review", "author": {"__typename": "User"}}
    assert response.data == {"__typename": "Query", "me": {"t": "User", "reviews": [review, review]}}


def test_unknown_entity_is_null(shop):
    assert shop.query('{ user(id: "9") { name reviews { id } } }').data == {"user": None}


def test_introspection_beside_data(shop):
    response = shop.query('{ a: __type(name: "User") { name kind } me { id } __schema { queryType { name } } }')
    assert response.errors == []
    assert list(response.data) == ["a", "me", "__schema"]
    assert response.data["a"] == {"name": "User", "kind": "OBJECT"}
