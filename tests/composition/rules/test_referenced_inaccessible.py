"""REFERENCED_INACCESSIBLE: what the API refers to is in it."""


def test_a_hidden_type_of_a_visible_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible"])

type Query {
  secret: Secret
  a: Int
}

type Secret @inaccessible {
  n: Int
}
""",
    ) == [
        (
            'REFERENCED_INACCESSIBLE: Type "Secret" is @inaccessible but is referenced by '
            '"Query.secret", which is in the API schema. (a:5:3)'
        ),
    ]


def test_a_hidden_type_of_a_hidden_field_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible"])

type Query {
  secret: Secret @inaccessible
  a: Int
}

type Secret @inaccessible {
  n: Int
}
""",
    )
