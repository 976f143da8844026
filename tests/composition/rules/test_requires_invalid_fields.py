"""REQUIRES_INVALID_FIELDS: required fields are declared in the subgraph."""


def test_requiring_an_undeclared_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires"])

type Parcel @key(fields: "id") {
  id: ID!
  weight: Int @external
  price: Int @requires(fields: "size")
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
            'REQUIRES_INVALID_FIELDS: [a] On field "Parcel.price", for @requires(fields: "size"): Cannot '
            'query field "size" on type "Parcel" (if the field is defined in another subgraph, you need '
            "to add it to this subgraph with @external). (a:7:14)"
        ),
        (
            'EXTERNAL_UNUSED: [a] Field "Parcel.weight" is marked @external but is not used in any '
            "federation directive (@key, @provides, @requires) or to satisfy an interface; the field "
            "declaration has no use and should be removed (or the field should not be @external). (a:6:3)"
        ),
    ]


def test_requiring_a_declared_field_composes(composes):
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
