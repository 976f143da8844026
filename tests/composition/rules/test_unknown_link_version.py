"""UNKNOWN_LINK_VERSION: the link specification has one version."""


def test_another_version_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/link/v7.0")

type Query {
  a: Int
}
""",
    ) == [
        ("UNKNOWN_LINK_VERSION: [a] Schema uses unknown version v7.0 of the link spec (a:2:15)"),
    ]


def test_version_1_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/link/v1.0")

type Query {
  a: Int
}
""",
    )
