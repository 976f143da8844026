"""PROVIDES_INVALID_FIELDS: provided fields are declared in the subgraph."""


def test_providing_an_undeclared_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@provides", "@shareable"])

type Query {
  post: Post @provides(fields: "text")
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
            'PROVIDES_INVALID_FIELDS: [a] On field "Query.post", for @provides(fields: "text"): Cannot '
            'query field "text" on type "Post" (if the field is defined in another subgraph, you need to '
            "add it to this subgraph with @external). (a:6:14)"
        ),
        (
            'EXTERNAL_UNUSED: [a] Field "Post.title" is marked @external but is not used in any '
            "federation directive (@key, @provides, @requires) or to satisfy an interface; the field "
            "declaration has no use and should be removed (or the field should not be @external). "
            "(a:11:3)"
        ),
    ]


def test_providing_a_declared_field_composes(composes):
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
