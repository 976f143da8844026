"""PROVIDES_FIELDS_MISSING_EXTERNAL: only external fields are provided."""


def test_providing_an_own_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@provides", "@shareable"])

type Query {
  post: Post @provides(fields: "title")
}

type Post @key(fields: "id") {
  id: ID!
  title: String @shareable
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])

type Post @key(fields: "id") {
  id: ID!
  title: String @shareable
}
""",
    ) == [
        (
            'PROVIDES_FIELDS_MISSING_EXTERNAL: [a] On field "Query.post", for @provides(fields: '
            '"title"): field "Post.title" should not be part of a @provides since it is already provided '
            "by this subgraph (it is not marked @external) (a:6:14)"
        ),
    ]


def test_providing_an_external_field_composes(composes):
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
