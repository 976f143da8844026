"""The pipeline as a whole: deterministic, complete, and without exceptions."""

from itertools import permutations

import pytest
from graphql import build_schema, parse, validate_schema

from gateway.composition import Composed, CompositionFailed, Location, SubgraphSDL, api_schema, compose
from gateway.composition.api import api_schema_sdl

USERS = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])

type Query {
  me: User
}

"A person."
type User @key(fields: "id") {
  id: ID!
  name(short: Boolean = false): String @shareable
  status: Status
}

enum Status {
  ACTIVE
  GONE
}
"""

REVIEWS = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@inaccessible"])

type User @key(fields: "id") {
  id: ID!
  reviews: [Review!]!
  score: Int @inaccessible
}

type Review {
  body: String
  author: User
}
"""

PRODUCTS = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type Query {
  product(id: ID!): Product
}

type Product @key(fields: "id") {
  id: ID!
  seller: User
}

type User @key(fields: "id", resolvable: false) {
  id: ID!
}
"""


def given(**sdls):
    return [SubgraphSDL(name=n, url=f"http://{n}.example/graphql", sdl=s) for n, s in sdls.items()]


def test_the_supergraph_is_valid_graphql_and_so_is_the_api_schema(composes):
    result = composes(users=USERS, reviews=REVIEWS, products=PRODUCTS)
    assert validate_schema(build_schema(result.supergraph_sdl)) == []
    assert validate_schema(build_schema(result.api_schema_sdl)) == []


def test_the_order_of_the_subgraphs_does_not_matter():
    subgraphs = given(users=USERS, reviews=REVIEWS, products=PRODUCTS)
    results = [compose(order) for order in permutations(subgraphs)]
    assert all(result == results[0] for result in results)


def test_the_supergraph_names_every_subgraph_with_its_address(type_of):
    assert (
        type_of("join__Graph", users=USERS, reviews=REVIEWS)
        == """enum join__Graph {
  REVIEWS @join__graph(name: "reviews", url: "http://reviews.example/graphql")
  USERS @join__graph(name: "users", url: "http://users.example/graphql")
}"""
    )


def test_the_supergraph_says_who_resolves_what(type_of):
    assert (
        type_of("User", users=USERS, reviews=REVIEWS, products=PRODUCTS)
        == '''"""
A person.
"""
type User
  @join__type(graph: PRODUCTS, key: "id", resolvable: false)
  @join__type(graph: REVIEWS, key: "id")
  @join__type(graph: USERS, key: "id")
{
  id: ID!
  reviews: [Review!]! @join__field(graph: REVIEWS)
  score: Int @join__field(graph: REVIEWS) @inaccessible
  name(short: Boolean = false): String @join__field(graph: USERS)
  status: Status @join__field(graph: USERS)
}'''
    )


def test_the_api_schema_has_neither_machinery_nor_hidden_fields(composes):
    result = composes(users=USERS, reviews=REVIEWS)
    assert (
        result.api_schema_sdl
        == '''schema
{
  query: Query
}

type Query {
  me: User
}

type Review {
  body: String
  author: User
}

enum Status {
  ACTIVE
  GONE
}

"""
A person.
"""
type User {
  id: ID!
  reviews: [Review!]!
  name(short: Boolean = false): String
  status: Status
}
'''
    )


def test_the_api_schema_is_the_same_whether_read_from_the_supergraph_or_not(composes):
    result = composes(users=USERS, reviews=REVIEWS, products=PRODUCTS)
    assert api_schema_sdl(result.supergraph_sdl) == result.api_schema_sdl
    assert set(api_schema(result.supergraph_sdl).type_map) >= {"Query", "User", "Review", "Product", "Status"}
    assert "join__Graph" not in api_schema(result.supergraph_sdl).type_map


def test_all_errors_of_a_stage_are_reported_with_their_places():
    result = compose(
        given(
            a="""extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type Query {
  a: User
}

type User @key(fields: "x") @key(fields: 1) {
  id: ID
}
""",
            b="type Query {\n  b: Missing\n}",
        )
    )
    assert isinstance(result, CompositionFailed)
    assert [(e.code, e.locations) for e in result.errors] == [
        ("KEY_INVALID_FIELDS", (Location("a", 7, 11),)),
        ("KEY_INVALID_FIELDS_TYPE", (Location("a", 7, 29),)),
        ("INVALID_GRAPHQL", (Location("b", 2, 3),)),
    ]


@pytest.mark.parametrize("name", ["", " ", "_", "__type"])
def test_names_that_no_graph_can_have_are_refused(name):
    result = compose([SubgraphSDL(name=name, url="", sdl="type Query { a: Int }")])
    assert isinstance(result, CompositionFailed)
    assert [e.code for e in result.errors] == ["INVALID_SUBGRAPH_NAME"]


@pytest.mark.parametrize("name", ["a b", 'quo"te', "línea", "1", "-", "💼", "new\nline"])
def test_any_other_name_makes_a_valid_supergraph(name):
    result = compose([SubgraphSDL(name=name, url='http://x/"', sdl="type Query { a: Int }")])
    assert isinstance(result, Composed)
    assert validate_schema(build_schema(result.supergraph_sdl)) == []


def test_two_subgraphs_of_one_name_are_refused():
    result = compose([*given(a="type Query {\n  a: Int\n}"), *given(a="type Query {\n  a: Int\n}")])
    assert isinstance(result, CompositionFailed)
    assert [e.code for e in result.errors] == ["INVALID_SUBGRAPH_NAME"]


@pytest.mark.parametrize(
    ("sdl", "code"),
    [
        ("", "INVALID_GRAPHQL"),
        ("# nothing", "INVALID_GRAPHQL"),
        ("\x00", "INVALID_GRAPHQL"),
        ("{ query }", "INVALID_GRAPHQL"),
        ("type Query { a: Int", "INVALID_GRAPHQL"),
        ("type Query { a: " + "[" * 5000 + "Int" + "]" * 5000 + " }", "INVALID_GRAPHQL"),
        ("type Query { a: Int } type Query { a: Int }", "INVALID_GRAPHQL"),
        ("schema { query: Nowhere }", "INVALID_GRAPHQL"),
        ("input A { a: A! } type Query { a(a: A): Int }", "INVALID_GRAPHQL"),
        ("type A implements A { a: Int } type Query { a: A }", "INVALID_GRAPHQL"),
        ("union U = String type Query { u: U }", "INVALID_GRAPHQL"),
        ("type Query { a: _Service }", "INVALID_GRAPHQL"),
        ("type Query { a: Int @nonsense }", "INVALID_GRAPHQL"),
        ("type Query { a: Int @deprecated(reason: 7) }", "INVALID_GRAPHQL"),
        ("extend schema @link type Query { a: Int }", "INVALID_LINK_DIRECTIVE_USAGE"),
        ("extend schema @link(url: 5) type Query { a: Int }", "INVALID_LINK_DIRECTIVE_USAGE"),
        ('extend schema @link(url: "http://[") type Query { a: Int }', "INVALID_LINK_IDENTIFIER"),
        ('extend schema @link(url: "no url") type Query { a: Int }', "INVALID_LINK_IDENTIFIER"),
    ],
)
def test_broken_sdl_is_a_coded_error(sdl, code):
    result = compose(given(a=sdl))
    assert isinstance(result, CompositionFailed)
    assert {e.code for e in result.errors} == {code}


def test_nothing_composes_from_nothing():
    result = compose([])
    assert isinstance(result, CompositionFailed)
    assert [e.code for e in result.errors] == ["NO_QUERIES"]


def test_many_implementations_in_as_many_subgraphs_compose():
    link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])\n'
    count = 150
    stubs = "\n".join(f'type T{i} implements Node @key(fields: "id") {{ id: ID! }}' for i in range(count))
    sdls = {"root": link + "type Query { nodes: [Node] }\ninterface Node { id: ID! }\n" + stubs}
    for i in range(count):
        sdls[f"s{i}"] = (
            f"{link}interface Node {{ id: ID! name: Name }}\ntype Name @shareable {{ text: String }}\n"
            f'type T{i} implements Node @key(fields: "id") {{ id: ID! name: Name own{i}: Int }}'
        )
    result = compose(given(**sdls))
    assert isinstance(result, Composed)
    implementations = [t for t in parse(result.api_schema_sdl).definitions if getattr(t, "interfaces", None)]
    assert len(implementations) == count
