"""Ids leave sealed and come back unsealed, wherever the schema says so, and plans do not depend on who asks."""

from __future__ import annotations

import pytest

LINK = """
extend schema
  @link(url: "https://ids.test/sealed/v1.0", import: ["@sealed"])
  @composeDirective(name: "@sealed")
directive @sealed on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION
"""
SDL = (
    LINK
    + """
type Query {
  person(id: ID! @sealed): Person
  people(ids: [ID!] @sealed, filter: Filter, filters: [Filter!]): [Person!]!
  node(id: ID! @sealed): Node
}
interface Node { id: ID! }
type Person implements Node @key(fields: "id") { id: ID! @sealed friends: [[ID!]] @sealed name: String }
input Filter { near: ID @sealed text: String nested: Filter }
"""
)
SCORES = 'type Person @key(fields: "id") { id: ID! score: Int }'


class PrefixSealer:
    """Seals by naming the session; an id of another session becomes one that matches nothing."""

    directive = "sealed"

    def seal(self, value, session):
        return f"{session}:{value}"

    def unseal(self, value, session):
        return value.removeprefix(f"{session}:") if value.startswith(f"{session}:") else "nothing"


@pytest.fixture
def people(memory_subgraph):
    def person(id):
        return None if id == "nothing" else {"__typename": "Person", "id": id, "friends": [["2", "3"]], "name": id}

    seen = []
    subgraph = memory_subgraph(
        "people",
        SDL,
        {
            "Query.person": lambda _, id: person(id),
            "Query.node": lambda _, id: person(id),
            "Query.people": lambda _, **arguments: seen.append(arguments) or [person("1")],
        },
    )
    subgraph.seen = seen
    return subgraph


@pytest.fixture
def client(people, memory_subgraph, federate):
    scores = memory_subgraph("scores", SCORES, {"Person": lambda r: {**r, "score": int(r["id"])}})
    return federate(people, scores, sealer=PrefixSealer())


def test_outputs_are_sealed_in_lists_and_aliases(client):
    response = client.query('{ person(id: "A:1") { key: id friends name score } }', session="A")
    assert response.errors == []
    assert response.data == {"person": {"key": "A:1", "friends": [["A:2", "A:3"]], "name": "1", "score": 1}}


def test_ids_of_others_match_nothing(client):
    assert client.query('{ person(id: "A:1") { id } }', session="B").data == {"person": None}


def test_interface_field_is_sealed_when_its_implementation_is(client):
    assert client.query('{ node(id: "A:1") { id } }', session="A").data == {"node": {"id": "A:1"}}


def test_variables_are_unsealed(client):
    query = "query Q($id: ID!) { person(id: $id) { id } }"
    assert client.query(query, {"id": "A:1"}, session="A").data == {"person": {"id": "A:1"}}
    assert client.query(query, {"id": "A:1"}, session="B").data == {"person": None}


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        ('ids: ["A:1", "A:2"]', {}, {"ids": ["1", "2"]}),
        ('ids: "A:1"', {}, {"ids": ["1"]}),
        ("ids: $ids", {"ids": ["A:1", "B:2"]}, {"ids": ["1", "nothing"]}),
        ('ids: [$one, "A:2"]', {"one": "A:1"}, {"ids": ["1", "2"]}),
        ("ids: null", {}, {"ids": None}),
        ('filter: {near: "A:1", text: "A:1"}', {}, {"filter": {"near": "1", "text": "A:1"}}),
        ("filter: {nested: {near: $one}}", {"one": "A:1"}, {"filter": {"nested": {"near": "1"}}}),
        (
            "filter: {nested: $f}",
            {"f": {"near": "A:1", "text": "t"}},
            {"filter": {"nested": {"near": "1", "text": "t"}}},
        ),
        ("filters: [$f]", {"f": {"nested": {"near": "A:9"}}}, {"filters": [{"nested": {"near": "9"}}]}),
        ("ids: $ids", {}, {}),
    ],
)
def test_arguments_are_unsealed_at_any_depth(client, people, arguments, variables, expected):
    declared = {"ids": "[ID!]", "one": "ID!", "f": "Filter!"}
    used = ", ".join(f"${name}: {kind}" for name, kind in declared.items() if f"${name}" in arguments)
    head = f"query Q({used}) " if used else ""
    response = client.query(f"{head}{{ people({arguments}) {{ id }} }}", variables, session="A")
    assert response.errors == []
    assert people.seen == [expected]


def test_plans_hold_no_identity(client, people):
    """Two clients with their own ids share one plan and one document."""
    client.query('{ person(id: "A:1") { name } }', session="A")
    client.query('{ person(id: "B:1") { name } }', session="B")
    assert len(set(people.documents)) == 1
    assert [list(call.variables.values()) for call in people.calls] == [["1"], ["1"]]
