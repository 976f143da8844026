"""OVERRIDE_SOURCE_HAS_OVERRIDE: a field is overridden once."""


def test_a_chain_of_overrides_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])

type User @key(fields: "id") {
  id: ID!
  name: String @override(from: "b")
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])

type User @key(fields: "id") {
  id: ID!
  name: String @override(from: "c")
}
""",
        c="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type User @key(fields: "id") {
  id: ID!
  name: String
}

type Query {
  user: User
}
""",
    ) == [
        (
            'OVERRIDE_SOURCE_HAS_OVERRIDE: Field "User.name" on subgraph "a" is also marked with '
            'directive @override in subgraph "b". Only one @override directive is allowed per field. '
            "(a:6:16)"
        ),
        (
            'INVALID_FIELD_SHARING: Non-shareable field "User.name" is resolved from multiple subgraphs: '
            'it is resolved from subgraphs "a" and "b" and defined as non-shareable in all of them '
            "(a:6:3, b:6:3, c:6:3)"
        ),
    ]


def test_one_override_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])

type User @key(fields: "id") {
  id: ID!
  name: String @override(from: "c")
}
""",
        c="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type User @key(fields: "id") {
  id: ID!
  name: String
}

type Query {
  user: User
}
""",
    )
