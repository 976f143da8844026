"""INVALID_LINK_IDENTIFIER: a linked URL ends in a name and a version."""


def test_a_url_without_version_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.example/hello")

type Query {
  a: Int
}
""",
    ) == [
        ("INVALID_LINK_IDENTIFIER: [a] Expected a version string (of the form v1.2), got hello (a:2:15)"),
    ]


def test_a_url_with_version_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.example/hello/v1.0")

type Query {
  a: Int
}
""",
    )
