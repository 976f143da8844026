"""NO_QUERIES: somebody can be queried."""


def test_subgraphs_without_query_are_refused(refuses):
    assert refuses(
        a="""
type User {
  id: ID
}
""",
    ) == [
        ("NO_QUERIES: No queries found in any subgraph: a supergraph must have a query root type."),
    ]


def test_one_query_is_enough(composes):
    assert composes(
        a="""
type User {
  id: ID
}
""",
        b="""
type Query {
  user: User
}

type User {
  id: ID
}
""",
    )
