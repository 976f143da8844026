"""KEY_FIELDS_SELECT_INVALID_TYPE: key fields are not of abstract type."""


def test_a_union_in_a_key_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type User @key(fields: "owner { ... on Firm { id } }") {
  owner: Owner
}

union Owner = Firm

type Firm {
  id: ID
}

type Query {
  user: User
}
""",
    ) == [
        (
            'KEY_FIELDS_SELECT_INVALID_TYPE: [a] On type "User", for @key(fields: "owner { ... on Firm { '
            'id } }"): field "User.owner" is a Union type which is not allowed in @key (a:4:11)'
        ),
    ]


def test_an_object_in_a_key_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type User @key(fields: "owner { id }") {
  owner: Firm
}

type Firm {
  id: ID
}

type Query {
  user: User
}
""",
    )
