"""DIRECTIVE_DEFINITION_INVALID: a written definition of a federation directive agrees with the specification."""


def test_a_key_without_fields_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

directive @key(columns: String!) repeatable on OBJECT

type Query {
  a: Int
}
""",
    ) == [
        (
            'DIRECTIVE_DEFINITION_INVALID: [a] Invalid definition for directive "@key": missing required '
            'argument "fields" (a:4:1)'
        ),
        (
            'DIRECTIVE_DEFINITION_INVALID: [a] Invalid definition for directive "@key": '
            'unknown/unsupported argument "columns" (a:4:1)'
        ),
    ]


def test_a_narrower_definition_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

directive @key(fields: String!) repeatable on OBJECT

type Query {
  a: Int
}
""",
    )
