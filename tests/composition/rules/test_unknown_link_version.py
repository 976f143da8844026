"""UNKNOWN_LINK_VERSION: the versions of linked specifications exist, where anything of them is used."""

import pytest

FEDERATION = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
"""


def test_another_version_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/link/v7.0")

type Query {
  a: Int
}
""",
    ) == [
        ("UNKNOWN_LINK_VERSION: [a] Schema uses unknown version v7.0 of the link spec; use v1.0 (a:2:15)"),
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


@pytest.mark.parametrize(
    ("linked", "use", "known"),
    [
        ("connect/v0.9", '@connect(http: {GET: "https://a.example"}, selection: "$")', "v0.1 or v0.2 or v0.3 or v0.4"),
        ("connect/v1.0", '@connect__source(name: "a")', "v0.1 or v0.2 or v0.3 or v0.4"),
        ("tag/v0.9", '@tag(name: "x")', "v0.1 or v0.2 or v0.3"),
        ("inaccessible/v1.0", "@inaccessible", "v0.1 or v0.2"),
        ("cost/v0.2", "@cost(weight: 3)", "v0.1"),
        ("authenticated/v0.3", "@authenticated", "v0.1"),
    ],
)
def test_an_unknown_version_of_what_is_used_is_refused(refuses, linked, use, known):
    name, version = linked.split("/")
    link = f'extend schema @link(url: "https://specs.apollo.dev/{linked}")'
    assert refuses(a=f"{FEDERATION}{link}\ntype Query {{ a: Int b: Int {use} }}\n") == [
        f"UNKNOWN_LINK_VERSION: [a] Schema uses unknown version {version} of the {name} spec; use {known} (a:3:15)"
    ]


def test_known_versions_compose(composes):
    links = ['@link(url: "https://specs.apollo.dev/tag/v0.2")', '@link(url: "https://specs.apollo.dev/cost/v0.1")']
    assert composes(
        a=f'{FEDERATION}extend schema {" ".join(links)}\ntype Query {{ a: Int @tag(name: "x") @cost(weight: 1) }}\n'
    )


@pytest.mark.parametrize("linked", ["connect/v0.9", "tag/v0.9"])
def test_what_is_not_used_may_be_unknown(composes, linked):
    assert composes(
        a=f'{FEDERATION}extend schema @link(url: "https://specs.apollo.dev/{linked}")\ntype Query {{ a: Int }}\n'
    )
