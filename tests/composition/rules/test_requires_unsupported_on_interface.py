"""REQUIRES_UNSUPPORTED_ON_INTERFACE: fields of interfaces require nothing."""


def test_requires_on_an_interface_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@requires"])

interface Item {
  weight: Int
  price: Int @requires(fields: "weight")
}

type Query {
  items: [Item]
}
""",
    ) == [
        (
            'REQUIRES_UNSUPPORTED_ON_INTERFACE: [a] Cannot use @requires on field "Item.price" of parent '
            'type "Item": @requires is not yet supported within interfaces (a:6:14)'
        ),
        (
            'REQUIRES_FIELDS_MISSING_EXTERNAL: [a] On field "Item.price", for @requires(fields: '
            '"weight"): field "Item.weight" should not be part of a @requires since it is already '
            "provided by this subgraph (it is not marked @external) (a:6:14)"
        ),
    ]


def test_requires_on_the_implementation_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires"])

interface Item {
  price: Int
}

type Parcel implements Item @key(fields: "id") {
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
