"""Reading supergraph SDL: who owns what, whatever the directives are called."""

from __future__ import annotations

import pytest
from graphql import parse

from gateway.planner import authorize, load_supergraph, normalize

GRAPHS = 'enum join__Graph { A @join__graph(name: "a", url: "http://a") B @join__graph(name: "b", url: "") }\n'


@pytest.mark.parametrize(
    ("link", "directive"),
    [
        ('@link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)', "requiresScopes"),
        ('@link(url: "https://specs.apollo.dev/requiresScopes/v0.1", as: "needs", for: SECURITY)', "needs"),
        (
            '@link(url: "https://specs.apollo.dev/requiresScopes/v0.1",'
            ' import: [{ name: "@requiresScopes", as: "@needs" }])',
            "needs",
        ),
    ],
    ids=["by its name", "renamed by as", "renamed by import"],
)
def test_security_directives_are_found_by_their_specification(link: str, directive: str) -> None:
    supergraph = load_supergraph(
        f"schema {link} {{ query: Query }}\n"
        + GRAPHS
        + f'type Query @join__type(graph: A) {{ secret: Int @{directive}(scopes: [["s"]]) }}'
    )
    assert supergraph.scopes("Query", "secret") == (frozenset({"s"}),)
    _, removed = authorize(supergraph, normalize(supergraph, parse("{ secret }")), frozenset())
    assert [each.path for each in removed] == [("secret",)]


def test_scopes_on_types_hold_for_the_fields_that_lead_there_and_away() -> None:
    supergraph = load_supergraph(
        'schema @link(url: "https://specs.apollo.dev/requiresScopes/v0.1") { query: Query }\n'
        + GRAPHS
        + "type Query @join__type(graph: A) { vault: Vault }\n"
        + 'type Vault @join__type(graph: A) @requiresScopes(scopes: [["v"]]) {\n'
        + '  key: Int @requiresScopes(scopes: [["k"], ["m"]]) lock: Int }'
    )
    assert supergraph.scopes("Query", "vault") == (frozenset({"v"}),)
    assert supergraph.scopes("Vault", "lock") == (frozenset({"v"}),)
    assert set(supergraph.scopes("Vault", "key")) == {frozenset({"v", "k"}), frozenset({"v", "m"})}


def test_composed_directives_are_known_by_coordinate() -> None:
    supergraph = load_supergraph(
        "schema { query: Query }\ndirective @sealed on FIELD_DEFINITION | ARGUMENT_DEFINITION\n"
        + GRAPHS
        + "type Query @join__type(graph: A) { thing(id: ID! @sealed, of: Of): Thing }\n"
        + "type Thing @join__type(graph: A) { id: ID! @sealed name: String }\n"
        + "input Of @join__type(graph: A) { owner: ID @sealed }"
    )
    assert supergraph.directive_coordinates("sealed") == {
        ("Query", "thing", "id"),
        ("Thing", "id"),
        ("Of", "owner"),
    }
    assert supergraph.directive_coordinates("other") == frozenset()


def test_ownership_follows_the_join_directives() -> None:
    supergraph = load_supergraph(
        "schema { query: Query }\n"
        + GRAPHS
        + "type Query @join__type(graph: A) @join__type(graph: B) { thing: Thing @join__field(graph: B) }\n"
        + 'type Thing @join__type(graph: A, key: "id", resolvable: false) @join__type(graph: B, key: "id")'
        + ' { id: ID! name: String! @join__field(graph: A, type: "String", external: true)'
        + ' @join__field(graph: B, requires: "id") left: Int @join__field }'
    )
    thing = supergraph.types["Thing"]
    assert supergraph.subgraphs["a"].url == "http://a"
    assert set(thing.fields["id"].owners) == {"a", "b"}
    name = thing.fields["name"]
    assert (name.owners["a"].external, name.owners["a"].type, name.varies) == (True, "String", True)
    assert [item.name for item in name.owners["b"].requires] == ["id"]
    assert thing.fields["left"].owners == {}
    assert [key.resolvable for key in thing.keys["a"]] == [False]


def test_federation_1_supergraphs_name_owners() -> None:
    supergraph = load_supergraph(
        "schema { query: Query }\n"
        + GRAPHS
        + "type Query { thing: Thing @join__field(graph: A) }\n"
        + 'type Thing @join__owner(graph: A) @join__type(graph: A, key: "id") @join__type(graph: B, key: "id")'
        + " { id: ID! name: String price: Int @join__field(graph: B) }"
    )
    thing = supergraph.types["Thing"]
    assert {name: set(field.owners) for name, field in thing.fields.items()} == {
        "id": {"a", "b"},
        "name": {"a"},
        "price": {"b"},
    }
