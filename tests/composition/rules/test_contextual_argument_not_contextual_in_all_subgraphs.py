"""CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS: a contextual argument is nowhere required from clients."""


def test_an_argument_required_elsewhere_is_refused(refuses):
    assert refuses(
        a="""
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@context", "@fromContext", "@key", "@shareable"])

type User @key(fields: "id") @context(name: "user") {
  id: ID!
  locale: String
  cart: Cart
}

type Cart @key(fields: "id") {
  id: ID!
  total(locale: String @fromContext(field: "$user { locale }")): Int @shareable
}

type Query {
  user: User
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@shareable"])

type Cart @key(fields: "id") {
  id: ID!
  total(locale: String!): Int @shareable
}
""",
    ) == [
        (
            'CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS: Argument "Cart.total(locale:)" is '
            'contextual in at least one subgraph but in "b" it does not have @fromContext, is not '
            "nullable and has no default value. (b:6:9)"
        ),
    ]


def test_an_optional_one_composes(composes):
    assert composes(
        a="""
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@context", "@fromContext", "@key", "@shareable"])

type User @key(fields: "id") @context(name: "user") {
  id: ID!
  locale: String
  cart: Cart
}

type Cart @key(fields: "id") {
  id: ID!
  total(locale: String @fromContext(field: "$user { locale }")): Int @shareable
}

type Query {
  user: User
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@shareable"])

type Cart @key(fields: "id") {
  id: ID!
  total(locale: String): Int @shareable
}
""",
    )
