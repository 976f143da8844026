"""EMPTY_MERGED_INPUT_TYPE: subgraphs agree on some field of an input."""


def test_inputs_without_common_field_are_refused(refuses):
    assert refuses(
        a="""
type Query {
  a(in: In): Int
}

input In {
  x: Int
}
""",
        b="""
type Query {
  b(in: In): Int
}

input In {
  y: Int
}
""",
    ) == [
        (
            'EMPTY_MERGED_INPUT_TYPE: None of the fields of input object type "In" are consistently '
            "defined in all the subgraphs defining that type. As only fields common to all subgraphs are "
            "merged, this would result in an empty type. (a:6:1, b:6:1)"
        ),
    ]


def test_inputs_with_a_common_field_compose(composes):
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
  y: Int
  z: Int
}
""",
    )
