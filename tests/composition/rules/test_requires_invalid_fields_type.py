"""REQUIRES_INVALID_FIELDS_TYPE: required fields are a string."""


def test_a_number_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires"])

type Parcel @key(fields: "id") {
  id: ID!
  weight: Int @external
  price: Int @requires(fields: 7)
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
            'REQUIRES_INVALID_FIELDS_TYPE: [a] On field "Parcel.price", for @requires(fields: 7): '
            'Invalid value for argument "fields": must be a string. (a:7:14)'
        ),
        (
            'EXTERNAL_UNUSED: [a] Field "Parcel.weight" is marked @external but is not used in any '
            "federation directive (@key, @provides, @requires) or to satisfy an interface; the field "
            "declaration has no use and should be removed (or the field should not be @external). (a:6:3)"
        ),
    ]


def test_a_string_composes(composes):
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
