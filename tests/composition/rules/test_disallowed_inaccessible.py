"""DISALLOWED_INACCESSIBLE: arguments of schema directives cannot be hidden."""


def test_a_hidden_argument_of_a_schema_directive_is_refused(refuses):
    assert refuses(
        a="""
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective", "@inaccessible"])
  @link(url: "https://specs.example/note/v1.0", import: ["@note"])
  @composeDirective(name: "@note")

directive @note(text: String @inaccessible) on FIELD_DEFINITION

type Query {
  a: Int @note
}
""",
    ) == [
        (
            'DISALLOWED_INACCESSIBLE: Directive argument "@note(text:)" is @inaccessible, but the '
            "directive may be applied in the schema, which is not part of the API"
        ),
    ]


def test_a_visible_one_composes(composes):
    assert composes(
        a="""
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective", "@inaccessible"])
  @link(url: "https://specs.example/note/v1.0", import: ["@note"])
  @composeDirective(name: "@note")

directive @note(text: String) on FIELD_DEFINITION

type Query {
  a: Int @note
}
""",
    )
