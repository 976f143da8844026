"""LIST_SIZE_APPLIED_TO_NON_LIST: list sizes stand on lists."""


def test_a_list_size_on_a_number_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@listSize"])

type Query {
  n: Int @listSize(assumedSize: 3)
}

type Page {
  items: [Int]
  count: Int
}
""",
    ) == [
        ('LIST_SIZE_APPLIED_TO_NON_LIST: [a] "Query.n" is not a list (a:5:10)'),
    ]


def test_a_list_size_on_a_list_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@listSize"])

type Query {
  n: [Int] @listSize(assumedSize: 3)
}

type Page {
  items: [Int]
  count: Int
}
""",
    )
