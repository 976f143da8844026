"""NO_CONTEXT_IN_SELECTION: what is read names its context."""


def test_a_bare_selection_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@context", "@fromContext", "@key"])

type User @key(fields: "id") @context(name: "user") {
  id: ID!
  locale: String
  cart: Cart
}

type Cart @key(fields: "id") {
  id: ID!
  total(locale: String @fromContext(field: "{ locale }")): Int
}

type Query {
  user: User
}
""",
    ) == [
        (
            'NO_CONTEXT_IN_SELECTION: [a] @fromContext argument does not reference a context: "{ locale '
            '}" (write "$context { field }"). (a:12:24)'
        ),
    ]


def test_a_named_context_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@context", "@fromContext", "@key"])

type User @key(fields: "id") @context(name: "user") {
  id: ID!
  locale: String
  cart: Cart
}

type Cart @key(fields: "id") {
  id: ID!
  total(locale: String @fromContext(field: "$user { locale }")): Int
}

type Query {
  user: User
}
""",
    )
