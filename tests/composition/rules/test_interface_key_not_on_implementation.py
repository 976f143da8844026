"""INTERFACE_KEY_NOT_ON_IMPLEMENTATION: implementations have their interface's key."""


def test_an_implementation_without_the_key_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@interfaceObject", "@key"])

interface Media @key(fields: "id") {
  id: ID!
}

type Book implements Media {
  id: ID!
}

type Query {
  media: [Media]
}
""",
    ) == [
        (
            'INTERFACE_KEY_NOT_ON_IMPLEMENTATION: [a] Key @key(fields: "id") on interface type "Media" '
            'is missing on implementation type "Book". (a:8:1)'
        ),
    ]


def test_an_implementation_with_the_key_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@interfaceObject", "@key"])

interface Media @key(fields: "id") {
  id: ID!
}

type Book implements Media @key(fields: "id") {
  id: ID!
}

type Query {
  media: [Media]
}
""",
    )
