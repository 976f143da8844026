"""REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH: a required argument is known to all."""


def test_a_required_argument_that_one_lacks_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n(x: Int!): Int @shareable
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n: Int @shareable
}
""",
    ) == [
        (
            'REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH: Argument "Query.n(x:)" is required in some '
            'subgraphs but does not appear in all subgraphs: it is required in subgraph "a" but does not '
            'appear in subgraph "b" (a:5:5)'
        ),
    ]


def test_an_optional_argument_that_one_lacks_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n(x: Int): Int @shareable
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n: Int @shareable
}
""",
    )
