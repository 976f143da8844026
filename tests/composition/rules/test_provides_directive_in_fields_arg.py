"""PROVIDES_DIRECTIVE_IN_FIELDS_ARG: provided fields have no directives."""


def test_a_directive_is_refused(refuses):
    assert refuses(
        a="""
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@provides", "@shareable"])

type Query {
  post: Post @provides(fields: "title @deprecated")
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
    ) == [
        (
            'PROVIDES_DIRECTIVE_IN_FIELDS_ARG: [a] On field "Query.post", for @provides(fields: "title '
            '@deprecated"): cannot have directive applications in the @provides(fields:) argument but '
            "found @deprecated. (a:6:14)"
        ),
    ]


def test_a_plain_selection_composes(composes):
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
