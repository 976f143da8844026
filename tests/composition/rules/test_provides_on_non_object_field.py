"""PROVIDES_ON_NON_OBJECT_FIELD: only fields with selections provide."""


def test_provides_on_a_scalar_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@provides"])

type Query {
  title: String @provides(fields: "length")
}
""",
    ) == [
        (
            'PROVIDES_ON_NON_OBJECT_FIELD: [a] Invalid @provides directive on field "Query.title": field '
            'has type "String" which is not a Composite Type (a:5:17)'
        ),
    ]


def test_provides_on_an_object_composes(composes):
    assert composes(
        a="""
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@provides", "@shareable"])

type Query {
  post: Post @provides(fields: "title")
}

type Post @key(fields: "id") {
  id: ID!
  title: String @external
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])

type Post @key(fields: "id") {
  id: ID!
  title: String @shareable
}
""",
    )
