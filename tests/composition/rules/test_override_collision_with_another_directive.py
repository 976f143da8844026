"""OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE: an overridden field neither requires nor provides, and is not external."""


def test_overriding_a_field_that_requires_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])

type Parcel @key(fields: "id") {
  id: ID!
  price: Int @override(from: "b")
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires"])

type Parcel @key(fields: "id") {
  id: ID!
  weight: Int @external
  price: Int @requires(fields: "weight")
}
""",
        c="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type Parcel @key(fields: "id") {
  id: ID!
  weight: Int
}

type Query {
  parcel: Parcel
}
""",
    ) == [
        (
            'OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE: @override cannot be used on field "Parcel.price" '
            'on subgraph "a" since "Parcel.price" on "b" is marked with directive "@requires" (a:6:14)'
        ),
        (
            'INVALID_FIELD_SHARING: Non-shareable field "Parcel.price" is resolved from multiple '
            'subgraphs: it is resolved from subgraphs "a" and "b" and defined as non-shareable in all of '
            "them (a:6:3, b:7:3)"
        ),
    ]


def test_overriding_a_plain_field_composes(composes):
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
