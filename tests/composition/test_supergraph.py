"""What the supergraph says of each feature, as text."""

import re

import pytest


def link(*names, version="2.11"):
    imports = ", ".join(f'"@{name}"' for name in names)
    return f'extend schema @link(url: "https://specs.apollo.dev/federation/v{version}", import: [{imports}])\n'


@pytest.mark.parametrize(
    ("version", "join"), [("2.0", "v0.3"), ("2.6", "v0.3"), ("2.7", "v0.4"), ("2.8", "v0.5"), ("2.11", "v0.5")]
)
def test_the_join_version_is_the_lowest_that_fits(composes, version, join):
    sdl = composes(a=link("key", version=version) + "type Query { a: Int }").supergraph_sdl
    assert f'@link(url: "https://specs.apollo.dev/join/{join}", for: EXECUTION)' in sdl


def test_names_of_graphs_are_distinct_enum_values(type_of):
    sdls = {
        "users": "type Query { a: Int }",
        "Users": "type Query { b: Int }",
        "my-graph": "type Query { c: Int }",
        "1st": "type Query { d: Int }",
        "users_1": "type Query { e: Int }",
    }
    text = type_of("join__Graph", **sdls)
    values = dict(re.findall(r'(\w+) @join__graph\(name: "([^"]+)"', text))
    assert values == {
        "_1ST": "1st",
        "USERS_1": "Users",
        "MY_GRAPH": "my-graph",
        "USERS_2": "users",
        "USERS_1_": "users_1",
    }


def test_a_type_that_differs_is_written_for_each_subgraph(type_of):
    assert (
        type_of(
            "Query",
            a=link("shareable") + "type Query { n: Int! @shareable }",
            b=link("shareable") + "type Query { n: Int @shareable }",
        )
        == """type Query
  @join__type(graph: A)
  @join__type(graph: B)
{
  n: Int @join__field(graph: A, type: "Int!") @join__field(graph: B, type: "Int")
}"""
    )


def test_an_output_widens_to_the_union_and_an_input_narrows_to_non_null(type_of):
    sdls = {
        "a": link("shareable") + "type Query { pet(n: Int): Cat @shareable } type Cat { x: Int @shareable }\n"
        "union Pet = Cat",
        "b": link("shareable") + "type Query { pet(n: Int!): Pet @shareable } type Cat { x: Int @shareable }\n"
        "type Dog { y: Int } union Pet = Cat | Dog",
    }
    assert '  pet(n: Int!): Pet @join__field(graph: A, type: "Cat") @join__field(graph: B, type: "Pet")\n' in type_of(
        "Query", **sdls
    )


def test_requires_provides_and_external_stand_on_the_join(type_of):
    sdls = {
        "a": link("key", "shareable") + 'type Query { a: Int } type T @key(fields: "id") { id: ID! n: Int @shareable }',
        "b": link("key", "external", "requires", "provides")
        + 'type Query { t: T @provides(fields: "n") } type T @key(fields: "id") {\n'
        '  id: ID! n: Int @external m: Int @requires(fields: "n") }',
    }
    assert '  t: T @join__field(graph: B, provides: "n")\n' in type_of("Query", **sdls)
    assert (
        type_of("T", **sdls)
        == """type T
  @join__type(graph: A, key: "id")
  @join__type(graph: B, key: "id")
{
  id: ID!
  n: Int @join__field(graph: A) @join__field(graph: B, external: true)
  m: Int @join__field(graph: B, requires: "n")
}"""
    )


def test_an_overridden_field_is_kept_only_where_its_subgraph_needs_it(type_of):
    sdls = {
        "a": link("key", "override") + 'type T @key(fields: "id") { id: ID! n: Int @override(from: "b")\n'
        ' k: ID! @override(from: "b") }',
        "b": link("key") + 'type Query { t: T } type T @key(fields: "id") @key(fields: "k") { id: ID! n: Int k: ID! }',
    }
    text = type_of("T", **sdls)
    assert '  n: Int @join__field(graph: A, override: "b")\n' in text
    assert '  k: ID! @join__field(graph: A, override: "b") @join__field(graph: B, usedOverridden: true)\n' in text


def test_a_label_stands_on_both_ends_of_a_progressive_override(type_of):
    sdls = {
        "a": link("key", "override")
        + 'type T @key(fields: "id") { id: ID! n: Int @override(from: "b", label: "percent(5)") }',
        "b": link("key") + 'type Query { t: T } type T @key(fields: "id") { id: ID! n: Int }',
    }
    assert (
        '  n: Int @join__field(graph: A, override: "b", overrideLabel: "percent(5)") '
        '@join__field(graph: B, overrideLabel: "percent(5)")\n'
    ) in type_of("T", **sdls)


def test_implementations_inherit_the_fields_of_interface_objects(type_of):
    sdls = {
        "a": link("key") + 'type Query { media: Media } interface Media @key(fields: "id") { id: ID! }\n'
        'type Book implements Media @key(fields: "id") { id: ID! }',
        "b": link("key", "interfaceObject") + 'type Media @interfaceObject @key(fields: "id") { id: ID! stars: Int }',
    }
    assert (
        type_of("Media", **sdls)
        == """interface Media
  @join__type(graph: A, key: "id")
  @join__type(graph: B, key: "id", isInterfaceObject: true)
{
  id: ID!
  stars: Int @join__field(graph: B)
}"""
    )
    assert (
        type_of("Book", **sdls)
        == """type Book implements Media
  @join__implements(graph: A, interface: "Media")
  @join__type(graph: A, key: "id")
{
  id: ID!
  stars: Int @join__field
}"""
    )


def test_input_enums_intersect_and_output_enums_unite(type_of):
    sdls = {
        "a": "type Query { a(in: In): Out } enum In { X Y } enum Out { X Y }",
        "b": "type Query { b(in: In): Out } enum In { Y Z } enum Out { Y Z }",
    }
    assert [line.split()[0] for line in type_of("In", **sdls).split("\n")[4:-1]] == ["Y"]
    assert [line.split()[0] for line in type_of("Out", **sdls).split("\n")[4:-1]] == ["X", "Y", "Z"]


def test_a_composed_directive_is_kept_with_its_link_and_definition(composes):
    own = (
        'extend schema @link(url: "https://specs.example/seal/v1.%d", import: ["@pairwise"])\n'
        "directive @pairwise on FIELD_DEFINITION | ARGUMENT_DEFINITION\n"
    )
    sdl = composes(
        a=link("composeDirective", "key")
        + own % 0
        + 'extend schema @composeDirective(name: "@pairwise")\ntype Query { t(id: ID! @pairwise): T }\n'
        'type T @key(fields: "id") { id: ID! @pairwise }',
        b=link("key") + own % 1 + 'type T @key(fields: "id") { id: ID! n: Int @pairwise }',
    ).supergraph_sdl
    assert '  @link(url: "https://specs.example/seal/v1.0", import: ["@pairwise"])\n' in sdl
    assert "directive @pairwise on FIELD_DEFINITION | ARGUMENT_DEFINITION\n" in sdl
    assert "  t(id: ID! @pairwise): T @join__field(graph: A)\n" in sdl
    assert "  id: ID! @pairwise\n" in sdl
    assert "  n: Int @join__field(graph: B)\n" in sdl


def test_authorization_is_joined_over_subgraphs_and_spread_to_interfaces(composes):
    scoped = '@requiresScopes(scopes: [["%s"], ["admin"]])'
    imports = link("key", "requiresScopes", "shareable", "authenticated")
    sdl = composes(
        a=imports + "type Query { node: Node } interface Node { n: Int }\n"
        f'type T implements Node @key(fields: "id") {{ id: ID! n: Int @shareable {scoped % "a"} }}',
        b=imports + f'type T @key(fields: "id") {{ id: ID! n: Int @shareable {scoped % "b"} @authenticated }}',
    ).supergraph_sdl
    both = '@authenticated @requiresScopes(scopes: [["a", "b"], ["admin"]])'
    assert f"  n: Int {both}\n" in sdl.split("\ninterface Node")[1].split("}")[0]
    assert f"  n: Int {both}\n" in sdl.split("\ntype T implements")[1].split("}")[0]
    assert "scalar requiresScopes__Scope" in sdl
    assert '@link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)' in sdl


def test_requirements_that_multiply_beyond_reason_become_strict_ones(type_of):
    count = 24
    types = "\n".join(
        f'type T{i} implements Node {{ n: Int @requiresScopes(scopes: [["a{i}"], ["b{i}"]]) }}' for i in range(count)
    )
    sdl = link("requiresScopes") + "type Query { node: Node } interface Node { n: Int }\n" + types
    (scopes,) = re.findall(r"@requiresScopes\(scopes: \[(.*)\]\)", type_of("Node", a=sdl))
    assert len(re.findall(r"\[[^]]*\]", scopes)) <= 1024
    assert all(f'"a{i}"' in scopes for i in range(count))


def test_costs_take_the_maximum_and_list_sizes_unite(type_of):
    sdls = {
        "a": link("cost", "listSize", "shareable")
        + 'type Query { n(first: Int): [Int] @shareable @cost(weight: 2) @listSize(slicingArguments: ["first"]) }',
        "b": link("cost", "listSize", "shareable")
        + "type Query { n(first: Int): [Int] @shareable @cost(weight: 5) @listSize(assumedSize: 9) }",
    }
    assert (
        "  n(first: Int): [Int] @cost(weight: 5) "
        '@listSize(assumedSize: 9, slicingArguments: ["first"], requireOneSlicingArgument: true)\n'
    ) in type_of("Query", **sdls).replace("@cost__listSize", "@listSize")


def test_contextual_arguments_move_from_the_field_to_its_join(type_of):
    text = type_of(
        "Cart",
        a=link("key", "context", "fromContext")
        + """
        type Query { user: User }
        type User @key(fields: "id") @context(name: "user") { id: ID! locale: String cart: Cart }
        type Cart @key(fields: "id") { id: ID! total(locale: String @fromContext(field: "$user { locale }")): Int }
        """,
    )
    assert (
        '  total: Int @join__field(graph: A, contextArguments: [{context: "a__user", name: "locale", type: "String", '
        'selection: " { locale }"}])\n'
    ) in text


def test_connectors_travel_as_join_directives(composes):
    sdl = composes(
        a=link("key")
        + """
        extend schema
          @link(url: "https://specs.apollo.dev/connect/v0.2", import: ["@connect", "@source"])
          @source(name: "api", http: { baseURL: "https://api.example" })
        type Query {
          t(id: ID!): T @connect(source: "api", http: { GET: "/t/{$args.id}" }, selection: "id", entity: true)
        }
        type T @key(fields: "id") { id: ID! }
        """
    ).supergraph_sdl
    assert '  @link(url: "https://specs.apollo.dev/connect/v0.2", for: EXECUTION)\n' in sdl
    assert (
        '  @join__directive(graphs: [A], name: "link", args: {url: "https://specs.apollo.dev/connect/v0.2", '
        'import: ["@connect", "@source"]})\n'
    ) in sdl
    assert '@join__directive(graphs: [A], name: "source", args: {name: "api", http: {baseURL: ' in sdl
    assert '  t(id: ID!): T @join__directive(graphs: [A], name: "connect", args: {source: "api", ' in sdl


def test_import_renames_are_honored(type_of):
    sdl = (
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", as: "fed", '
        'import: [{name: "@key", as: "@primaryKey"}])\n'
        'type Query { t: T } type T @primaryKey(fields: "id") { id: ID! n: Int @fed__shareable }'
    )
    assert '  @join__type(graph: A, key: "id")\n' in type_of("T", a=sdl)


def test_executable_directives_survive_where_all_define_them(composes):
    result = composes(
        a="directive @both(n: Int) on FIELD | QUERY\ndirective @one on FIELD\ntype Query { a: Int }",
        b="directive @both(n: Int!) on FIELD | FIELD_DEFINITION\ntype Query { b: Int }",
    )
    assert "directive @both(n: Int!) on FIELD\n" in result.api_schema_sdl
    assert "@one" not in result.supergraph_sdl


def test_descriptions_survive(type_of):
    sdls = {
        "a": 'type Query { a: T }\n"A thing."\ntype T {\n  " spaced "\n  id: ID\n}',
        "b": "type Query { b: T }\ntype T {\n  id: ID\n}",
    }
    text = type_of("T", **sdls)
    assert text.startswith('"""\nA thing.\n"""\ntype T\n')
    assert '\n  " spaced "\n  id: ID\n' in text


def test_quoted_enum_defaults_become_enum_values(type_of):
    text = type_of("Query", a='type Query { a(size: Size = "S"): Int } enum Size { S M }')
    assert "  a(size: Size = S): Int\n" in text


def test_root_types_get_their_default_names(composes):
    sdl = composes(
        a="schema { query: Reads mutation: Writes }\ntype Reads { a: Int }\ntype Writes { b: Reads }",
        b="type Query { c: Int }",
    ).api_schema_sdl
    assert "{\n  query: Query\n  mutation: Mutation\n}" in sdl
    assert "type Mutation {\n  b: Query\n}" in sdl
