"""AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE: authorization stands on objects."""


def test_a_scope_on_an_interface_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@requiresScopes"])

interface Node {
  id: ID @requiresScopes(scopes: [["read"]])
}

type User implements Node {
  id: ID
}

type Query {
  node: Node
}
""",
    ) == [
        (
            "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE: [a] Invalid use of @requiresScopes on field "
            '"Node.id": @requiresScopes cannot be applied on interfaces, interface fields and interface '
            "objects; apply it to the fields of the implementing types (a:5:10)"
        ),
    ]


def test_a_scope_on_the_implementation_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@requiresScopes"])

interface Node {
  id: ID
}

type User implements Node {
  id: ID @requiresScopes(scopes: [["read"]])
}

type Query {
  node: Node
}
""",
    )
