"""PROVIDES_UNSUPPORTED_ON_INTERFACE: fields of interfaces provide nothing."""


def test_provides_on_an_interface_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@provides"])

interface Page {
  post: Post @provides(fields: "title")
}

type Post @key(fields: "id") {
  id: ID!
  title: String @external
}

type Query {
  page: Page
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
            'PROVIDES_UNSUPPORTED_ON_INTERFACE: [a] Cannot use @provides on field "Page.post" of parent '
            'type "Page": @provides is not yet supported within interfaces (a:5:14)'
        ),
    ]


def test_provides_on_the_implementation_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@provides"])

interface Page {
  post: Post
}

type Front implements Page {
  post: Post @provides(fields: "title")
}

type Post @key(fields: "id") {
  id: ID!
  title: String @external
}

type Query {
  page: Page
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
