"""MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL: a merged directive stands where the field is resolved."""


def test_a_tag_on_an_external_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires", "@tag"])

type Parcel @key(fields: "id") {
  id: ID!
  weight: Int @external @tag(name: "x")
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
            'MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL: [a] Cannot apply merged directive @tag(name: "x") '
            'to external field "Parcel.weight" (a:7:25)'
        ),
    ]


def test_a_tag_on_the_resolved_field_composes(composes):
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
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag"])

type Parcel @key(fields: "id") {
  id: ID!
  weight: Int @tag(name: "x")
}

type Query {
  parcel: Parcel
}
""",
    )
