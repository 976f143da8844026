"""CONTEXT_NO_RESOLVABLE_KEY: a field with a contextual argument can be entered by key."""


def test_a_type_without_key_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@context", "@fromContext", "@key"])

type User @key(fields: "id") @context(name: "user") {
  id: ID!
  locale: String
  cart: Cart
}

type Cart {
  id: ID!
  total(locale: String @fromContext(field: "$user { locale }")): Int
}

type Query {
  user: User
}
""",
    ) == [
        (
            'CONTEXT_NO_RESOLVABLE_KEY: [a] Object "Cart" has no resolvable key but has a field with a '
            "contextual argument. (a:12:24)"
        ),
    ]


def test_a_type_with_key_composes(composes):
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
