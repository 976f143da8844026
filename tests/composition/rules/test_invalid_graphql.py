"""INVALID_GRAPHQL: a subgraph is valid GraphQL before it is anything else."""


def test_a_field_of_unknown_type_is_refused(refuses):
    assert refuses(
        a="""
type Query {
  user: User
}
""",
    ) == [
        ("INVALID_GRAPHQL: [a] Unknown type User (a:3:3)"),
    ]


def test_a_field_of_known_type_composes(composes):
    assert composes(
        a="""
type Query {
  user: User
}

type User {
  id: ID
}
""",
    )
