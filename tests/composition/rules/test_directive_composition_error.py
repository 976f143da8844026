"""DIRECTIVE_COMPOSITION_ERROR: a composed directive belongs to a linked specification."""


def test_an_unlinked_directive_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective"])

extend schema @composeDirective(name: "@note")

directive @note on FIELD_DEFINITION

type Query {
  a: Int @note
}
""",
    ) == [
        (
            'DIRECTIVE_COMPOSITION_ERROR: Directive "@note" in subgraph "a" cannot be composed because '
            "it is not a member of a core feature (a:4:15)"
        ),
    ]


def test_a_linked_directive_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective"])

extend schema @link(url: "https://specs.example/note/v1.0") @composeDirective(name: "@note")

directive @note on FIELD_DEFINITION

type Query {
  a: Int @note
}
""",
    )
