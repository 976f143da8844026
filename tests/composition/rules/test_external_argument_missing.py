"""EXTERNAL_ARGUMENT_MISSING: an external field has the arguments it has elsewhere."""


def test_a_missing_argument_is_refused(refuses):
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
  weight(unit: Unit): Int
}

type Query {
  parcel: Parcel
}

enum Unit {
  G
  KG
}
""",
    ) == [
        (
            'EXTERNAL_ARGUMENT_MISSING: Field "Parcel.weight" is missing argument "Parcel.weight(unit:)" '
            'in some subgraphs where it is marked @external: argument "Parcel.weight(unit:)" is declared '
            'in subgraph "b" but not in subgraph "a" (where "Parcel.weight" is @external). (a:6:3)'
        ),
    ]


def test_the_same_argument_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires"])

type Parcel @key(fields: "id") {
  id: ID!
  weight(unit: Unit): Int @external
  price: Int @requires(fields: "weight(unit: KG)")
}

enum Unit {
  G
  KG
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type Parcel @key(fields: "id") {
  id: ID!
  weight(unit: Unit): Int
}

type Query {
  parcel: Parcel
}

enum Unit {
  G
  KG
}
""",
    )
