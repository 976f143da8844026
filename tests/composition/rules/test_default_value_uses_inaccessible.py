"""DEFAULT_VALUE_USES_INACCESSIBLE: a visible default is made of visible values."""


def test_a_hidden_enum_value_as_default_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible"])

enum Size {
  S
  XXL @inaccessible
}

type Query {
  a(size: Size = XXL): Int
}
""",
    ) == [
        (
            'DEFAULT_VALUE_USES_INACCESSIBLE: Enum value "Size.XXL" is @inaccessible but is used in the '
            'default value of "Query.a(size:)", which is in the API schema. (a:10:5)'
        ),
    ]


def test_a_visible_one_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible"])

enum Size {
  S
  XXL @inaccessible
}

type Query {
  a(size: Size = S): Int
}
""",
    )
