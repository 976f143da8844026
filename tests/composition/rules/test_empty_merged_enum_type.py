"""EMPTY_MERGED_ENUM_TYPE: subgraphs agree on some value of an input enum."""


def test_enums_without_common_value_are_refused(refuses):
    assert refuses(
        a="""
type Query {
  a(s: Size): Int
}

enum Size {
  S
}
""",
        b="""
type Query {
  b(s: Size): Int
}

enum Size {
  L
}
""",
    ) == [
        (
            'EMPTY_MERGED_ENUM_TYPE: None of the values of enum type "Size" are defined consistently in '
            "all the subgraphs defining that type. As only values common to all subgraphs are merged, "
            "this would result in an empty type. (a:6:1, b:6:1)"
        ),
    ]


def test_enums_with_a_common_value_compose(composes):
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
  b(s: Size): Int
}

enum Size {
  M
}
""",
    )
