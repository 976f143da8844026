"""TYPE_KIND_MISMATCH: a type is of one kind."""


def test_an_object_here_and_an_input_there_is_refused(refuses):
    assert refuses(
        a="""
type Query {
  a: Money
}

type Money {
  n: Int
}
""",
        b="""
type Query {
  b(money: Money): Int
}

input Money {
  n: Int
}
""",
    ) == [
        (
            'TYPE_KIND_MISMATCH: Type "Money" has mismatched kind: it is defined as Object Type in '
            'subgraph "a" but InputObject Type in subgraph "b" (a:6:1, b:6:1)'
        ),
    ]


def test_an_object_in_both_composes(composes):
    assert composes(
        a="""
type Query {
  a: Money
}

type Money {
  n: Int
}
""",
        b="""
type Query {
  b: Money
}

type Money {
  n: Int
}
""",
    )
