"""CONTEXT_INVALID_SELECTION: what is read from a context exists there and fits the argument."""


def test_an_unknown_field_is_refused(refuses):
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
  total(locale: String @fromContext(field: "$user { language }")): Int
}

type Query {
  user: User
}
""",
    ) == [
        (
            'CONTEXT_INVALID_SELECTION: [a] Context "user" is used in "Cart.total(locale:)" but the '
            'selection is invalid for type "User": cannot query field "language" on type "User". '
            "(a:12:24)"
        ),
    ]


def test_a_known_field_composes(composes):
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
