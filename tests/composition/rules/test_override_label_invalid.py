"""OVERRIDE_LABEL_INVALID: a label is a name or a percentage."""


def test_a_label_that_is_neither_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])

type User @key(fields: "id") {
  id: ID!
  name: String @override(from: "b", label: "50%")
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type User @key(fields: "id") {
  id: ID!
  name: String
}

type Query {
  user: User
}
""",
    ) == [
        (
            'OVERRIDE_LABEL_INVALID: Invalid @override label "50%" on field "User.name" on subgraph "a": '
            "labels must start with a letter and after that may contain alphanumerics, underscores, "
            'minuses, colons, periods, or slashes. Alternatively, labels may be of the form "percent(x)" '
            "where x is a float between 0-100 inclusive. (a:6:16)"
        ),
    ]


def test_a_percentage_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])

type User @key(fields: "id") {
  id: ID!
  name: String @override(from: "b", label: "percent(50)")
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

type User @key(fields: "id") {
  id: ID!
  name: String
}

type Query {
  user: User
}
""",
    )
