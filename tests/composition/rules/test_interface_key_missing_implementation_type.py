"""INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE: who resolves an interface by key knows all implementations."""


def test_an_unknown_implementation_is_refused(refuses):
    assert refuses(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@interfaceObject", "@key"])

interface Media @key(fields: "id") {
  id: ID!
}

type Book implements Media @key(fields: "id") {
  id: ID!
}

type Query {
  media: [Media]
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@interfaceObject", "@key"])

interface Media {
  id: ID!
}

type Film implements Media @key(fields: "id") {
  id: ID!
}

type Query {
  film: Film
}
""",
    ) == [
        (
            'INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE: [a] Interface type "Media" has a resolvable key '
            '(@key(fields: "id")) in subgraph "a" but that subgraph is missing some of the supergraph '
            'implementation types of "Media". Subgraph "a" should define type "Film" (and have it '
            'implement "Media"). (a:4:17)'
        ),
    ]


def test_an_unresolvable_key_composes(composes):
    assert composes(
        a="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@interfaceObject", "@key"])

interface Media @key(fields: "id", resolvable: false) {
  id: ID!
}

type Book implements Media @key(fields: "id", resolvable: false) {
  id: ID!
}

type Query {
  media: [Media]
}
""",
        b="""
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@interfaceObject", "@key"])

interface Media {
  id: ID!
}

type Film implements Media @key(fields: "id") {
  id: ID!
}

type Query {
  film: Film
}
""",
    )
