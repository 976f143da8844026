"""INVALID_FIELD_SHARING: a field resolved twice is shareable in both subgraphs."""


def test_a_field_shared_against_one_s_will_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n: Int @shareable
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n: Int
}
""",
    ) == [
        (
            'INVALID_FIELD_SHARING: Non-shareable field "Query.n" is resolved from multiple subgraphs: '
            'it is resolved from subgraphs "a" and "b" and defined as non-shareable in subgraph "b" '
            "(a:5:3, b:5:3)"
        ),
    ]


def test_a_shareable_field_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n: Int @shareable
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n: Int @shareable
}
""",
    )
