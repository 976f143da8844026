"""MISSING_TRANSITIVE_AUTH_REQUIREMENTS: a field asks for the scopes of what it requires."""


def test_an_open_field_that_requires_a_protected_one_is_refused(refuses):
    assert refuses(
        a="""
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires", "@requiresScopes"])

type User @key(fields: "id") {
  id: ID!
  income: Int @external
  rating: Int @requires(fields: "income")
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requiresScopes"])

type User @key(fields: "id") {
  id: ID!
  income: Int @requiresScopes(scopes: [["income"]])
}

type Query {
  user: User
}
""",
    ) == [
        (
            'MISSING_TRANSITIVE_AUTH_REQUIREMENTS: [a] Field "User.rating" does not specify necessary '
            "@authenticated, @requiresScopes and/or @policy auth requirements to access the transitive "
            'field "User.income" data from @requires selection set. (a:8:15)'
        ),
    ]


def test_a_field_with_the_same_scope_composes(composes):
    assert composes(
        a="""
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external", "@key", "@requires", "@requiresScopes"])

type User @key(fields: "id") {
  id: ID!
  income: Int @external
  rating: Int @requires(fields: "income") @requiresScopes(scopes: [["income"]])
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requiresScopes"])

type User @key(fields: "id") {
  id: ID!
  income: Int @requiresScopes(scopes: [["income"]])
}

type Query {
  user: User
}
""",
    )
