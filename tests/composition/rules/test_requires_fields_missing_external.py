"""REQUIRES_FIELDS_MISSING_EXTERNAL: what is required comes from elsewhere."""


def test_requiring_an_own_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires"])

type Parcel @key(fields: "id") {
  id: ID!
  weight: Int
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
    ) == [
        (
            'REQUIRES_FIELDS_MISSING_EXTERNAL: [a] On field "Parcel.price", for @requires(fields: '
            '"weight"): field "Parcel.weight" should not be part of a @requires since it is already '
            "provided by this subgraph (it is not marked @external) (a:7:14)"
        ),
    ]


def test_requiring_an_external_field_composes(composes):
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
