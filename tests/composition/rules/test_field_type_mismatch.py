"""FIELD_TYPE_MISMATCH: a shared field's types are related."""


def test_unrelated_types_are_refused(refuses):
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
  n: String @shareable
}
""",
    ) == [
        (
            'FIELD_TYPE_MISMATCH: Type of field "Query.n" is incompatible across subgraphs: it has type '
            '"Int" in subgraph "a" but type "String" in subgraph "b" (a:5:3, b:5:3)'
        ),
    ]


def test_a_type_and_its_non_null_form_compose(composes):
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
  n: Int! @shareable
}
""",
    )
