"""ONLY_INACCESSIBLE_CHILDREN: a visible type has something visible in it."""


def test_a_type_of_hidden_fields_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible"])

type Query {
  user: User
}

type User {
  id: ID @inaccessible
}
""",
    ) == [
        (
            'ONLY_INACCESSIBLE_CHILDREN: Type "User" is in the API schema but all of its fields are '
            "@inaccessible. (a:8:1)"
        ),
    ]


def test_a_type_with_a_visible_field_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible"])

type Query {
  user: User
}

type User {
  id: ID @inaccessible
  name: String
}
""",
    )
