"""ENUM_VALUE_MISMATCH: an enum for input and output has the same values everywhere."""


def test_differing_values_are_refused(refuses):
    assert refuses(
        a="""
type Query {
  a(s: Size): Int
}

enum Size {
  S
  M
}
""",
        b="""
type Query {
  b: Size
}

enum Size {
  S
  L
}
""",
    ) == [
        (
            'ENUM_VALUE_MISMATCH: Enum type "Size" is used as both input type (for example, as type of '
            '"Query.a(s:)") and output type (for example, as type of "Query.b"), but value "M" is not '
            'defined in all the subgraphs defining "Size": "M" is defined in subgraph "a" but not in '
            'subgraph "b" (a:8:3, b:6:1)'
        ),
        (
            'ENUM_VALUE_MISMATCH: Enum type "Size" is used as both input type (for example, as type of '
            '"Query.a(s:)") and output type (for example, as type of "Query.b"), but value "L" is not '
            'defined in all the subgraphs defining "Size": "L" is defined in subgraph "b" but not in '
            'subgraph "a" (a:6:1, b:8:3)'
        ),
    ]


def test_equal_values_compose(composes):
    assert composes(
        a="""
type Query {
  a(s: Size): Int
}

enum Size {
  S
  M
}
""",
        b="""
type Query {
  b: Size
}

enum Size {
  S
  M
}
""",
    )
