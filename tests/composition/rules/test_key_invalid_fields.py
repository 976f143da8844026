"""KEY_INVALID_FIELDS: a key selects what the type has."""


def test_a_key_of_an_unknown_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type User @key(fields: "nr") {
  id: ID!
  name: String
}

type Query {
  user: User
}
""",
    ) == [
        (
            'KEY_INVALID_FIELDS: [a] On type "User", for @key(fields: "nr"): Cannot query field "nr" on '
            'type "User" (the field should either be added to this subgraph or, if it should not be '
            "resolved by this subgraph, you need to add it to this subgraph with @external). (a:4:11)"
        ),
    ]


def test_a_key_of_a_field_composes(composes):
    assert composes(
        a="""
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
