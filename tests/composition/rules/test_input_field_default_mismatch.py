"""INPUT_FIELD_DEFAULT_MISMATCH: a shared input field has one default."""


def test_two_defaults_are_refused(refuses):
    assert refuses(
        a="""
type Query {
  a(in: In): Int
}

input In {
  n: Int = 1
}
""",
        b="""
type Query {
  b(in: In): Int
}

input In {
  n: Int = 2
}
""",
    ) == [
        (
            'INPUT_FIELD_DEFAULT_MISMATCH: Input field "In.n" has incompatible default values across '
            'subgraphs: it has default value 1 in subgraph "a" but default value 2 in subgraph "b" '
            "(a:7:3, b:7:3)"
        ),
    ]


def test_one_default_composes(composes):
    assert composes(
        a="""
type Query {
  a(in: In): Int
}

input In {
  n: Int = 1
}
""",
        b="""
type Query {
  b(in: In): Int
}

input In {
  n: Int = 1
}
""",
    )
