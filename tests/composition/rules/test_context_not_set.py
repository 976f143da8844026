"""CONTEXT_NOT_SET: a context that is read is set."""


def test_an_unset_context_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@context", "@fromContext", "@key"])

type User @key(fields: "id") {
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
    ) == [
        ('CONTEXT_NOT_SET: [a] Context "user" is used at location "Cart.total(locale:)" but is never set. (a:12:24)'),
    ]


def test_a_set_context_composes(composes):
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
