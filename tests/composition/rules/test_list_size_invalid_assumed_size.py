"""LIST_SIZE_INVALID_ASSUMED_SIZE: a size is not negative."""


def test_a_negative_size_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@listSize"])

type Query {
  n: [Int] @listSize(assumedSize: -3)
}

type Page {
  items: [Int]
  count: Int
}
""",
    ) == [
        ('LIST_SIZE_INVALID_ASSUMED_SIZE: [a] Assumed size of "Query.n" cannot be negative (a:5:12)'),
    ]


def test_zero_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@listSize"])

type Query {
  n: [Int] @listSize(assumedSize: 0)
}

type Page {
  items: [Int]
  count: Int
}
""",
    )
