"""COST_APPLIED_TO_INTERFACE_FIELD: costs stand on fields of objects."""


def test_a_cost_on_an_interface_field_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@cost"])

interface Node {
  id: ID @cost(weight: 2)
}

type User implements Node {
  id: ID
}

type Query {
  node: Node
}
""",
    ) == [
        ('COST_APPLIED_TO_INTERFACE_FIELD: [a] @cost cannot be applied to interface "Node.id" (a:5:10)'),
    ]


def test_a_cost_on_the_implementation_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@cost"])

interface Node {
  id: ID
}

type User implements Node {
  id: ID @cost(weight: 2)
}

type Query {
  node: Node
}
""",
    )
