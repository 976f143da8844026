"""EXTERNAL_ON_INTERFACE: fields of interfaces are not external."""


def test_an_external_interface_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@external"])

interface Heavy {
  weight: Int @external
}

type Query {
  heavy: Heavy
}
""",
    ) == [
        (
            'EXTERNAL_ON_INTERFACE: [a] Interface type field "Heavy.weight" is marked @external but '
            "@external is not allowed on interface fields. (a:5:15)"
        ),
        (
            'EXTERNAL_UNUSED: [a] Field "Heavy.weight" is marked @external but is not used in any '
            "federation directive (@key, @provides, @requires) or to satisfy an interface; the field "
            "declaration has no use and should be removed (or the field should not be @external). (a:5:3)"
        ),
    ]


def test_a_plain_interface_field_composes(composes):
    assert composes(
        a="""
interface Heavy {
  weight: Int
}

type Stone implements Heavy {
  weight: Int
}

type Query {
  heavy: Heavy
}
""",
    )
