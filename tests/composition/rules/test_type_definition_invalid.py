"""TYPE_DEFINITION_INVALID: an imported federation type is a scalar."""


def test_an_input_named_field_set_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "FieldSet"])

input FieldSet {
  names: [String]
}

type Query {
  a: Int
}
""",
    ) == [
        (
            "TYPE_DEFINITION_INVALID: [a] Invalid definition for type FieldSet: FieldSet should be a "
            "ScalarType but is defined as a InputObjectType (a:4:1)"
        ),
    ]


def test_a_scalar_field_set_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "FieldSet"])

scalar FieldSet

type Query {
  a: Int
}
""",
    )
