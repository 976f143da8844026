"""INVALID_LINK_DIRECTIVE_USAGE: imports name elements that the linked version has."""


def test_importing_a_later_directive_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@composeDirective"])

type Query {
  a: Int
}
""",
    ) == [
        ('INVALID_LINK_DIRECTIVE_USAGE: [a] Cannot import unknown element "@composeDirective". (a:2:15)'),
    ]


def test_importing_it_from_its_version_on_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.1", import: ["@composeDirective"])

type Query {
  a: Int
}
""",
    )
