"""KEY_UNSUPPORTED_ON_INTERFACE: interfaces have keys from Federation 2.3 on."""


def test_a_key_on_an_interface_in_2_2_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.2", import: ["@key"])

interface Node @key(fields: "id") {
  id: ID!
}

type User implements Node @key(fields: "id") {
  id: ID!
}

type Query {
  user: User
}
""",
    ) == [
        (
            'KEY_UNSUPPORTED_ON_INTERFACE: [a] Cannot use @key on interface "Node": @key is not yet '
            "supported on interfaces (it is from Federation 2.3 on) (a:4:16)"
        ),
    ]


def test_a_key_on_an_interface_in_2_3_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

interface Node @key(fields: "id") {
  id: ID!
}

type User implements Node @key(fields: "id") {
  id: ID!
}

type Query {
  user: User
}
""",
    )
