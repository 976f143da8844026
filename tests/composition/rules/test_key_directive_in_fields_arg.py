"""KEY_DIRECTIVE_IN_FIELDS_ARG: a key has no directives inside."""


def test_a_directive_in_a_key_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type User @key(fields: "id @deprecated") {
  id: ID!
  name: String
}

type Query {
  user: User
}
""",
    ) == [
        (
            'KEY_DIRECTIVE_IN_FIELDS_ARG: [a] On type "User", for @key(fields: "id @deprecated"): cannot '
            "have directive applications in the @key(fields:) argument but found @deprecated. (a:4:11)"
        ),
    ]


def test_a_plain_key_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type User @key(fields: "id name") {
  id: ID!
  name: String
}

type Query {
  user: User
}
""",
    )
