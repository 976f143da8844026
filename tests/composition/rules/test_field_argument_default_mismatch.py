"""FIELD_ARGUMENT_DEFAULT_MISMATCH: a shared argument has one default."""


def test_two_defaults_are_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n(x: Int = 1): Int @shareable
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n(x: Int = 2): Int @shareable
}
""",
    ) == [
        (
            'FIELD_ARGUMENT_DEFAULT_MISMATCH: Argument "Query.n(x:)" has incompatible default values '
            'across subgraphs: it has default value 1 in subgraph "a" but default value 2 in subgraph '
            '"b" (a:5:5, b:5:5)'
        ),
    ]


def test_one_default_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n(x: Int = 1): Int @shareable
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n(x: Int = 1): Int @shareable
}
""",
    )
