"""REQUIRED_INACCESSIBLE: what must be given is in the API."""


def test_a_hidden_required_argument_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible"])

type Query {
  a(x: Int! @inaccessible): Int
}
""",
    ) == [
        (
            'REQUIRED_INACCESSIBLE: Argument "Query.a(x:)" is @inaccessible but is a required argument '
            "of its field. (a:5:5)"
        ),
    ]


def test_a_hidden_optional_argument_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@inaccessible"])

type Query {
  a(x: Int @inaccessible): Int
}
""",
    )
