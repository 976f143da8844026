"""EXTENSION_WITH_NO_BASE: what is extended is defined somewhere."""


def test_an_extension_alone_is_refused(refuses):
    assert refuses(
        a="""
type Query {
  user: User
}

extend type User @key(fields: "id") {
  id: ID!
}
""",
    ) == [
        (
            'EXTENSION_WITH_NO_BASE: [a] Type "User" is an extension type, but there is no type '
            'definition for "User" in any subgraph. (a:6:1)'
        ),
    ]


def test_an_extension_of_a_defined_type_composes(composes):
    assert composes(
        a="""
type Query {
  user: User
}

extend type User @key(fields: "id") {
  id: ID! @external
}
""",
        b="""
type User @key(fields: "id") {
  id: ID!
}
""",
    )
