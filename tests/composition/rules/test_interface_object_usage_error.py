"""INTERFACE_OBJECT_USAGE_ERROR: an interface object is an entity, and an interface elsewhere."""


def test_an_interface_object_without_key_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@interfaceObject", "@key"])

type Media @interfaceObject {
  stars: Int
}
""",
        b="""
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
    ) == [
        (
            "INTERFACE_OBJECT_USAGE_ERROR: [a] The @interfaceObject directive can only be applied to "
            'entity types but type "Media" has no @key in this subgraph. (a:4:12)'
        ),
    ]


def test_an_interface_object_with_key_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@interfaceObject", "@key"])

type Media @interfaceObject @key(fields: "id") {
  id: ID!
  stars: Int
}
""",
        b="""
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
