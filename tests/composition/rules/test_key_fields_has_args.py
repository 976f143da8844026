"""KEY_FIELDS_HAS_ARGS: key fields have no arguments."""


def test_a_key_field_with_arguments_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type User @key(fields: "name") {
  name(short: Boolean): String
}

type Query {
  user: User
}
""",
    ) == [
        (
            'KEY_FIELDS_HAS_ARGS: [a] On type "User", for @key(fields: "name"): field User.name cannot '
            "be included because it has arguments (fields with argument are not allowed in @key) (a:4:11)"
        ),
    ]


def test_a_key_field_without_arguments_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type User @key(fields: "name") {
  name: String
}

type Query {
  user: User
}
""",
    )
