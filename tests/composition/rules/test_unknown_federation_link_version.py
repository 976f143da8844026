"""UNKNOWN_FEDERATION_LINK_VERSION: the Federation version exists."""


def test_a_future_version_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v9.9", import: ["@key"])

type Query {
  a: Int
}
""",
    ) == [
        (
            "UNKNOWN_FEDERATION_LINK_VERSION: [a] Invalid version v9.9 for the federation feature in "
            "@link directive on schema; use one from v2.0 to v2.15 (a:2:15)"
        ),
    ]


def test_version_2_11_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.11", import: ["@key"])

type Query {
  a: Int
}
""",
    )
