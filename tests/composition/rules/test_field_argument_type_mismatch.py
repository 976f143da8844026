"""FIELD_ARGUMENT_TYPE_MISMATCH: a shared argument's types are related."""


def test_unrelated_argument_types_are_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n(x: Int): Int @shareable
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  n(x: String): Int @shareable
}
""",
    ) == [
        (
            'FIELD_ARGUMENT_TYPE_MISMATCH: Type of argument "Query.n(x:)" is incompatible across '
            'subgraphs: it has type "Int" in subgraph "a" but type "String" in subgraph "b" (a:5:5, '
            "b:5:5)"
        ),
    ]


def test_a_type_and_its_non_null_form_compose(composes):
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
  n(x: Int!): Int @shareable
}
""",
    )
