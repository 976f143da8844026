"""PROVIDES_FIELDS_HAS_ARGS: provided fields have no arguments."""


def test_a_field_with_arguments_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@provides"])

type Query {
  post: Post @provides(fields: "title")
}

type Post @key(fields: "id") {
  id: ID!
  title(short: Boolean): String @external
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])

type Post @key(fields: "id") {
  id: ID!
  title(short: Boolean): String @shareable
}
""",
    ) == [
        (
            'PROVIDES_FIELDS_HAS_ARGS: [a] On field "Query.post", for @provides(fields: "title"): field '
            "Post.title cannot be included because it has arguments (fields with argument are not "
            "allowed in @provides) (a:5:14)"
        ),
    ]


def test_a_field_without_arguments_composes(composes):
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
