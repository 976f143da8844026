"""EXTERNAL_UNUSED: an external field has a use."""


def test_an_unused_external_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key"])

type Parcel @key(fields: "id") {
  id: ID!
  weight: Int @external
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
            'EXTERNAL_UNUSED: [a] Field "Parcel.weight" is marked @external but is not used in any '
            "federation directive (@key, @provides, @requires) or to satisfy an interface; the field "
            "declaration has no use and should be removed (or the field should not be @external). (a:6:3)"
        ),
    ]


def test_an_external_of_an_interface_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key"])

interface Heavy {
  weight: Int
}

type Parcel implements Heavy @key(fields: "id") {
  id: ID!
  weight: Int @external
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
