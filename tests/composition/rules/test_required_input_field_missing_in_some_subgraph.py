"""REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH: a required input field is known to all."""


def test_a_required_field_that_one_lacks_is_refused(refuses):
    assert refuses(
        a="""
type Query {
  a(in: In): Int
}

input In {
  x: Int!
  z: Int
}
""",
        b="""
type Query {
  b(in: In): Int
}

input In {
  z: Int
}
""",
    ) == [
        (
            'REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH: Input object field "In.x" is required in '
            'some subgraphs but does not appear in all subgraphs: it is required in subgraph "a" but '
            'does not appear in subgraph "b" (a:7:3)'
        ),
    ]


def test_an_optional_field_that_one_lacks_composes(composes):
    assert composes(
        a="""
type Query {
  a(in: In): Int
}

input In {
  x: Int
  z: Int
}
""",
        b="""
type Query {
  b(in: In): Int
}

input In {
  z: Int
}
""",
    )
