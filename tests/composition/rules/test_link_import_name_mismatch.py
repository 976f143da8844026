"""LINK_IMPORT_NAME_MISMATCH: a merged directive has one name in all subgraphs."""


def test_two_names_for_one_directive_are_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@cost", "@shareable"])

type Query {
  n: Int @shareable @cost(weight: 2)
}
""",
        b="""
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: [{name: "@cost", as: "@price"}, "@shareable"])

type Query {
  n: Int @shareable @price(weight: 3)
}
""",
    ) == [
        (
            'LINK_IMPORT_NAME_MISMATCH: The "@cost" directive (from '
            "https://specs.apollo.dev/federation/v2.9) is imported with mismatched name between "
            'subgraphs: it is imported as "@cost" in subgraph "a" but "@price" in subgraph "b" (a:2:15, '
            "b:3:3)"
        ),
    ]


def test_one_name_for_it_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@cost", "@shareable"])

type Query {
  n: Int @shareable @cost(weight: 2)
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@cost", "@shareable"])

type Query {
  n: Int @shareable @cost(weight: 3)
}
""",
    )
