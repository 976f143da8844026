"""What a request may look like: documents, operation names, variables, limits, hostile input."""

from __future__ import annotations

import time

import pytest

from gateway.engine import EngineOptions, Limits

SDL = """
type Query {
  item(id: ID!, count: Int = 2, filter: Filter): Item
  items(kinds: [Kind!]): [Item!]!
}
type Mutation { add(name: String!): Item fail: Item }
type Item { id: ID! name: String item: Item }
input Filter { name: String! size: Int = 3 }
enum Kind { A B }
"""


@pytest.fixture
def items(memory_subgraph):
    log = []
    subgraph = memory_subgraph(
        "items",
        SDL,
        {
            "Query.item": lambda _, id, count=None, filter=None: {"id": id, "name": f"{count} {filter}"},
            "Query.items": lambda _, kinds=(): [{"id": kind} for kind in kinds],
            "Mutation.add": lambda _, name: log.append(name) or {"id": name},
            "Mutation.fail": lambda _: 1 / 0,
        },
    )
    subgraph.log = log
    return subgraph


@pytest.fixture
def client(items, federate):
    return federate(items)


def codes(response):
    return [error["extensions"]["code"] for error in response.errors]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ item(id: 1) { nope } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ item(id: 1) }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ a: item(id: 1) { id } ...F } fragment F on Query { ...F }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { items { id } } query B { items { id } }", "OPERATION_RESOLUTION_FAILURE"),
        ("fragment F on Item { id }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { items { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ item(id: 1) { \ud800 } }", "GRAPHQL_PARSE_FAILED"),
    ],
)
def test_wrong_documents_are_refused_with_a_code_and_fetch_nothing(client, items, query, code):
    response = client.query(query)
    assert response.is_request_error
    assert codes(response)[0] == code
    assert items.calls == []
    assert b'"data"' not in response.body


def test_validation_errors_are_located(client):
    assert client.query("{\n  items { nope }\n}").errors[0]["locations"] == [{"line": 2, "column": 11}]


def test_operation_is_chosen_by_name(client):
    query = "query A { a: items(kinds: [A]) { id } } query B { b: items(kinds: [B]) { id } }"
    assert client.query(query, operation_name="B").data == {"b": [{"id": "B"}]}
    assert codes(client.query(query, operation_name="C")) == ["OPERATION_RESOLUTION_FAILURE"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "$id"),
        ({"id": None}, "$id"),
        ({"id": "1", "count": "three"}, "$count"),
        ({"id": "1", "filter": {}}, "$filter"),
        ({"id": "1", "filter": {"name": "n", "extra": 1}}, "$filter"),
        ({"id": ["1"]}, "$id"),
    ],
)
def test_bad_variables_are_refused(client, items, given, message):
    response = client.query(
        "query Q($id: ID!, $count: Int, $filter: Filter) { item(id: $id, count: $count, filter: $filter) { id } }",
        given,
    )
    assert response.is_request_error
    assert codes(response) == ["BAD_USER_INPUT"]
    assert message in response.errors[0]["message"]
    assert items.calls == []


def test_variables_are_coerced_and_defaults_applied(client):
    query = "query Q($id: ID!, $count: Int = 7, $f: Filter) { item(id: $id, count: $count, filter: $f) { id name } }"
    assert client.query(query, {"id": 5}).data == {"item": {"id": "5", "name": "7 None"}}
    assert client.query(query, {"id": 5, "count": None, "f": {"name": "x"}}).data == {
        "item": {"id": "5", "name": "None {'name': 'x', 'size': 3}"}
    }
    kinds = "query Q($kinds: [Kind!]) { items(kinds: $kinds) { id } }"
    assert client.query(kinds, {"kinds": "A"}).data == {"items": [{"id": "A"}]}


@pytest.mark.parametrize(
    ("limits", "query", "code"),
    [
        (Limits(depth=2), "{ item(id: 1) { item { id } } }", "DEPTH_LIMIT_EXCEEDED"),
        (Limits(depth=2), "{ item(id: 1) { ...F } } fragment F on Item { item { id } }", "DEPTH_LIMIT_EXCEEDED"),
        (Limits(fields=3), "{ items { id name } x: items { id } }", "FIELD_LIMIT_EXCEEDED"),
        (Limits(aliases=1), "{ a: items { b: id } }", "ALIAS_LIMIT_EXCEEDED"),
        (Limits(directives=1), "{ items @skip(if: false) { id @skip(if: false) } }", "DIRECTIVE_LIMIT_EXCEEDED"),
        (Limits(root_fields=1), "{ a: items { id } ... { b: items { id } } }", "ROOT_FIELD_LIMIT_EXCEEDED"),
        (Limits(tokens=5), "{ items { id name } }", "TOKEN_LIMIT_EXCEEDED"),
        (Limits(document_bytes=10), "{ items { id } }", "DOCUMENT_TOO_LARGE"),
    ],
)
def test_limits_are_coded(items, federate, limits, query, code):
    response = federate(items, options=EngineOptions(limits=limits)).query(query)
    assert response.is_request_error
    assert codes(response) == [code]
    assert items.calls == []


def chain(length: int) -> str:
    return "{ items { ...F0 } } " + " ".join(f"fragment F{n} on Item {{ ...F{n + 1} }}" for n in range(length))


def spreads(levels: int) -> str:
    fragments = [f"fragment F{n} on Item {{ item {{ ...F{n + 1} }} x: item {{ ...F{n + 1} }} }}" for n in range(levels)]
    return "{ items { ...F0 } } " + " ".join(fragments) + f" fragment F{levels} on Item {{ id }}"


@pytest.mark.parametrize(
    "query",
    [
        "{ items " + "{ item " * 5_000 + "{ id }" + " }" * 5_001,
        "{ " + " ".join(f"a{n}: items {{ id }}" for n in range(5_000)) + " }",
        "{ items { " + "id " * 20_000 + "} }",
        spreads(18),
        "{ items(kinds: " + "[" * 10_000 + "]" * 10_000 + ") { id } }",
        "{ items { id } } " + "#" * 1_000_000,
        "query Q(" + " ".join(f"$v{n}: Int" for n in range(5_000)) + ") { items { id } }",
        '{ item(id: "' + "x" * 99_000 + '") { nope } }',
        chain(1_000) + " fragment F1000 on Item { ...F0 }",
        chain(1_000) + " fragment F1000 on Item { id }",
        "{ items { id } } fragment F on Item { " + "item { id } " * 3_000 + "}",
        "{ items { id } } fragment F on Item { " + "item { ... on Item { id } } " * 900 + "}",
        "{ items { id " + "@skip(if: true) " * 1_500 + "} }",
        "{ items(" + "kinds: A " * 3_000 + ") { id } }",
    ],
    ids=[
        *("deep", "wide", "repeated", "multiplied", "nested list", "megabyte", "variables", "long string"),
        *("cycle", "chain", "unused fragment", "comparisons", "directives", "arguments"),
    ],
)
def test_hostile_documents_cost_little(client, items, query):
    started = time.process_time()
    response = client.query(query)
    assert response.is_request_error
    assert items.calls == []
    assert time.process_time() - started < 2


def test_introspection_can_be_disabled(items, federate):
    client = federate(items, options=EngineOptions(introspection=False))
    assert codes(client.query("{ ...F } fragment F on Query { x: __schema { types { name } } }")) == [
        "INTROSPECTION_DISABLED"
    ]
    assert client.query("{ __typename items(kinds: [A]) { __typename } }").data == {
        "__typename": "Query",
        "items": [{"__typename": "Item"}],
    }


def test_standard_introspection_query_is_answered(client):
    from graphql import build_client_schema, get_introspection_query

    response = client.query(get_introspection_query())
    assert response.errors == []
    assert "Item" in build_client_schema(response.data).type_map


def test_introspection_with_variables_and_conditions(client):
    query = """
    query Q($n: String!, $no: Boolean!) { t: __type(name: $n) { name } __schema @include(if: $no) { types { name } } }
    """
    assert client.query(query, {"n": "Item", "no": False}).data == {"t": {"name": "Item"}}
    assert client.query(query, {"n": "Nope", "no": False}).data == {"t": None}


def test_mutations_run_in_series_and_go_on_after_an_error(client, items):
    response = client.query('mutation { a: add(name: "1") { id } fail { id } b: add(name: "2") { id } }')
    assert items.log == ["1", "2"]
    assert response.data == {"a": {"id": "1"}, "fail": None, "b": {"id": "2"}}
    assert [error["path"] for error in response.errors] == [["fail"]]


def test_only_queries_can_be_asked_for(client, items):
    response = client.query('mutation { add(name: "1") { id } }', only_queries=True)
    assert codes(response) == ["OPERATION_NOT_ALLOWED"]
    assert items.log == []
