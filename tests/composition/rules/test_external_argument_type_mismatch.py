"""EXTERNAL_ARGUMENT_TYPE_MISMATCH: an external field's arguments have the types they have elsewhere."""


def test_another_argument_type_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires"])

type Parcel @key(fields: "id") {
  id: ID!
  weight(unit: Int): Int @external
  price: Int @requires(fields: "weight")
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type Parcel @key(fields: "id") {
  id: ID!
  weight(unit: String): Int
}

type Query {
  parcel: Parcel
}
""",
    ) == [
        (
            'EXTERNAL_ARGUMENT_TYPE_MISMATCH: Type of argument "Parcel.weight(unit:)" is incompatible '
            'across subgraphs (where its field is marked @external): the supergraph has type "String" '
            'but it has type "Int" in subgraph "a" (a:6:10)'
        ),
    ]


def test_the_same_argument_type_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires"])

type Parcel @key(fields: "id") {
  id: ID!
  weight(unit: String): Int @external
  price: Int @requires(fields: "weight")
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type Parcel @key(fields: "id") {
  id: ID!
  weight(unit: String): Int
}

type Query {
  parcel: Parcel
}
""",
    )
