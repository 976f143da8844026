"""INVALID_SHAREABLE_USAGE: only fields of objects are shareable."""


def test_shareable_on_an_interface_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

interface Node {
  id: ID @shareable
}

type Query {
  node: Node
}
""",
    ) == [
        (
            'INVALID_SHAREABLE_USAGE: [a] Invalid use of @shareable on field "Node.id": only object type '
            "fields can be marked with @shareable (a:5:10)"
        ),
    ]


def test_shareable_on_an_object_field_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n: Int @shareable
}
""",
    )
