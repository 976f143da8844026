"""LIST_SIZE_INVALID_SLICING_ARGUMENT: a slicing argument is an integer argument."""


def test_a_string_argument_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@listSize"])

type Query {
  n(first: String): [Int] @listSize(slicingArguments: ["first"])
}

type Page {
  items: [Int]
  count: Int
}
""",
    ) == [
        ('LIST_SIZE_INVALID_SLICING_ARGUMENT: [a] Slicing argument "Query.n(first:)" must be Int or Int! (a:5:27)'),
    ]


def test_an_integer_argument_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@listSize"])

type Query {
  n(first: Int): [Int] @listSize(slicingArguments: ["first"])
}

type Page {
  items: [Int]
  count: Int
}
""",
    )
