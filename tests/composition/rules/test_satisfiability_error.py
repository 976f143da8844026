"""SATISFIABILITY_ERROR: every query has a plan."""


def test_a_field_behind_a_missing_key_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  user: User
}

type User {
  id: ID @shareable
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  other: User
}

type User {
  id: ID @shareable
  name: String
}
""",
    ) == [
        (
            "SATISFIABILITY_ERROR: The following supergraph API query:\n{\n  user {\n    name\n  }\n}\ncannot "
            'be satisfied by the subgraphs because:\n- from subgraph "a":\n  - cannot find field '
            '"User.name".\n  - cannot move to subgraph "b", which has field "User.name", because type '
            '"User" has no @key defined in subgraph "b". (b:10:3)'
        ),
    ]


def test_the_same_field_behind_a_key_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type Query {
  user: User
}

type User @key(fields: "id") {
  id: ID
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type Query {
  other: User
}

type User @key(fields: "id") {
  id: ID
  name: String
}
""",
    )
