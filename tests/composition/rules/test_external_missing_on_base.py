"""EXTERNAL_MISSING_ON_BASE: somebody resolves what others call external."""


def test_a_field_external_everywhere_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires"])

type Parcel @key(fields: "id") {
  id: ID!
  weight: Int @external
  price: Int @requires(fields: "weight")
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type Parcel @key(fields: "id") {
  id: ID!
}

type Query {
  parcel: Parcel
}
""",
    ) == [
        (
            'EXTERNAL_MISSING_ON_BASE: Field "Parcel.weight" is marked @external on all the subgraphs in '
            'which it is listed (subgraph "a"). (a:6:3)'
        ),
    ]


def test_a_field_resolved_somewhere_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires"])

type Parcel @key(fields: "id") {
  id: ID!
  weight: Int @external
  price: Int @requires(fields: "weight")
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type Parcel @key(fields: "id") {
  id: ID!
  weight: Int
}

type Query {
  parcel: Parcel
}
""",
    )
