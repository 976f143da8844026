"""INVALID_SUBGRAPH_NAME: `_` is taken, and names are unique."""


def test_the_reserved_name_is_refused(refuses):
    assert refuses(
        _="""
type Query {
  a: Int
}
""",
    ) == [
        ("INVALID_SUBGRAPH_NAME: [_] Invalid name _ for a subgraph: this name is reserved"),
    ]


def test_another_name_composes(composes):
    assert composes(
        a="""
type Query {
  a: Int
}
""",
    )
