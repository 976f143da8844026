"""EXTERNAL_ARGUMENT_DEFAULT_MISMATCH: an external field's arguments have the defaults they have elsewhere."""


def test_another_default_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires"])

type Parcel @key(fields: "id") {
  id: ID!
  weight(unit: String = "g"): Int @external
  price: Int @requires(fields: "weight")
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type Parcel @key(fields: "id") {
  id: ID!
  weight(unit: String = "kg"): Int
}

type Query {
  parcel: Parcel
}
""",
    ) == [
        (
            'EXTERNAL_ARGUMENT_DEFAULT_MISMATCH: Argument "Parcel.weight(unit:)" has incompatible '
            "defaults across subgraphs (where its field is marked @external) (a:6:10)"
        ),
    ]


def test_the_same_default_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires"])

type Parcel @key(fields: "id") {
  id: ID!
  weight(unit: String = "kg"): Int @external
  price: Int @requires(fields: "weight")
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type Parcel @key(fields: "id") {
  id: ID!
  weight(unit: String = "kg"): Int
}

type Query {
  parcel: Parcel
}
""",
    )
