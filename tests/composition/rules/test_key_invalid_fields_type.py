"""KEY_INVALID_FIELDS_TYPE: the fields of a key are a string."""


def test_a_number_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type User @key(fields: 7) {
  id: ID!
  name: String
}

type Query {
  user: User
}
""",
    ) == [
        (
            'KEY_INVALID_FIELDS_TYPE: [a] On type "User", for @key(fields: 7): Invalid value for '
            'argument "fields": must be a string. (a:4:11)'
        ),
    ]


def test_a_list_in_federation_1_composes(composes):
    assert composes(
        a="""
type User @key(fields: ["id", "name"]) {
  id: ID!
  name: String
}

type Query {
  user: User
}
""",
    )
