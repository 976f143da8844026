"""SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES: a shared field can return the same types everywhere."""


def test_disjoint_unions_are_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  pet: Pet @shareable
}

union Pet = Cat

type Cat {
  name: String @shareable
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  pet: Pet @shareable
}

union Pet = Dog

type Dog {
  name: String @shareable
}
""",
    ) == [
        (
            "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES: For the following supergraph API query:\n{\n  pet "
            '{\n    ...\n  }\n}\nShared field "Query.pet" return type "Pet" has a non-intersecting set of '
            "possible runtime types across subgraphs. Runtime types in subgraphs are:\n - in subgraph "
            '"a", type "Pet" can only be Cat;\n - in subgraph "b", type "Pet" can only be Dog;\nThis is '
            "not allowed as shared fields must resolve the same way in all subgraphs, and that imply at "
            "least some common runtime types between the subgraphs."
        ),
    ]


def test_overlapping_unions_compose(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  pet: Pet @shareable
}

union Pet = Cat | Dog

type Cat {
  name: String @shareable
}

type Dog {
  name: String @shareable
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])

type Query {
  pet: Pet @shareable
}

union Pet = Dog

type Dog {
  name: String @shareable
}
""",
    )
