"""CONTEXT_NAME_INVALID: a context's name is alphanumeric."""


def test_a_name_with_a_dash_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@context", "@fromContext", "@key"])

type User @key(fields: "id") @context(name: "user") @context(name: "u-s") {
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
        (
            'CONTEXT_NAME_INVALID: [a] Context name "u-s" is invalid. It should have only alphanumeric '
            "characters. (a:4:53)"
        ),
    ]


def test_a_plain_name_composes(composes):
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
