"""IMPLEMENTED_BY_INACCESSIBLE: a visible interface field has visible implementations."""


def test_a_hidden_implementation_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible"])

interface Node {
  id: ID
}

type User implements Node {
  id: ID @inaccessible
  name: String
}

type Query {
  user: User
}
""",
    ) == [
        (
            'IMPLEMENTED_BY_INACCESSIBLE: Field "User.id" is @inaccessible but implements the interface '
            'field "Node.id", which is in the API schema. (a:9:3)'
        ),
    ]


def test_a_hidden_interface_field_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible"])

interface Node {
  id: ID @inaccessible
  a: Int
}

type User implements Node {
  id: ID @inaccessible
  a: Int
}

type Query {
  user: User
}
""",
    )
