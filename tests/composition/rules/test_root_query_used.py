"""ROOT_QUERY_USED: a type named Query is the root."""


def test_a_query_type_beside_another_root_is_refused(refuses):
    assert refuses(
        a="""
schema {
  query: Search
}

type Search {
  a: Int
}

type Query {
  b: Int
}
""",
    ) == [
        (
            'ROOT_QUERY_USED: [a] The schema has a type named "Query" but it is not set as the query '
            'root type ("Search" is instead): this is not supported by federation. If a root type does '
            "not use its default name, there should be no other type with that default name. (a:10:1)"
        ),
    ]


def test_a_renamed_root_composes(composes):
    assert composes(
        a="""
schema {
  query: Search
}

type Search {
  a: Int
}
""",
    )
