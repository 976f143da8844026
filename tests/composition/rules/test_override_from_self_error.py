"""OVERRIDE_FROM_SELF_ERROR: a field moves from another subgraph."""


def test_an_override_from_itself_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])

type User @key(fields: "id") {
  id: ID!
  name: String @override(from: "a")
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type User @key(fields: "id") {
  id: ID!
}

type Query {
  user: User
}
""",
    ) == [
        (
            'OVERRIDE_FROM_SELF_ERROR: Source and destination subgraphs "a" are the same for overridden '
            'field "User.name" (a:6:16)'
        ),
    ]


def test_an_override_from_another_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])

type User @key(fields: "id") {
  id: ID!
  name: String @override(from: "b")
}
""",
        b="""
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
