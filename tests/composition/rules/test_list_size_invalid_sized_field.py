"""LIST_SIZE_INVALID_SIZED_FIELD: sized fields are fields of the page."""


def test_an_unknown_sized_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@listSize"])

type Query {
  page(first: Int): Page @listSize(slicingArguments: ["first"], sizedFields: ["rows"])
}

type Page {
  items: [Int]
  count: Int
}
""",
    ) == [
        ('LIST_SIZE_INVALID_SIZED_FIELD: [a] Sized field "rows" is not a field on type "Page" (a:5:26)'),
    ]


def test_a_list_field_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@listSize"])

type Query {
  page(first: Int): Page @listSize(slicingArguments: ["first"], sizedFields: ["items"])
}

type Page {
  items: [Int]
  count: Int
}
""",
    )
