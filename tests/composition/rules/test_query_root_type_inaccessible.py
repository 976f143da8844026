"""QUERY_ROOT_TYPE_INACCESSIBLE: the API has a query root."""


def test_a_hidden_query_type_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible"])

type Query @inaccessible {
  a: Int
}
""",
    ) == [
        (
            'QUERY_ROOT_TYPE_INACCESSIBLE: Type "Query" is @inaccessible but is the root query type, '
            "which must be in the API schema. (a:4:1)"
        ),
    ]


def test_a_hidden_mutation_type_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible"])

type Query {
  a: Int
}

type Mutation @inaccessible {
  b: Int
}
""",
    )
