"""The merged schema is checked as GraphQL, and what is wrong with it is located."""


def test_an_implementation_whose_merged_type_no_longer_fits_is_refused(refuses):
    link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])\n'
    assert refuses(
        a=link
        + """
interface Node {
  id: ID!
}

type User implements Node {
  id: ID! @shareable
}

type Query {
  user: User @shareable
}
""",
        b=link
        + """
type User {
  id: ID @shareable
}

type Query {
  user: User @shareable
}
""",
    ) == [
        "INVALID_GRAPHQL: Interface field Node.id expects type ID! but User.id of type ID is not a proper subtype. "
        "(a:8:3)"
    ]
