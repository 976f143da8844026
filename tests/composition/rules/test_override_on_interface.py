"""OVERRIDE_ON_INTERFACE: fields of interfaces are not overridden."""


def test_an_override_on_an_interface_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@override"])

interface Node {
  id: ID @override(from: "b")
}

type Query {
  node: Node
}
""",
        b="""
interface Node {
  id: ID
}

type Query {
  other: Node
}
""",
    ) == [
        (
            'OVERRIDE_ON_INTERFACE: @override cannot be used on field "Node.id" on subgraph "a": '
            "@override is not supported on interface type fields. (a:5:10)"
        ),
    ]


def test_an_override_on_the_implementation_composes(composes):
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
