"""INTERFACE_FIELD_NO_IMPLEM: an implementation has the interface's fields of all subgraphs."""


def test_a_field_that_an_implementation_lacks_is_refused(refuses):
    assert refuses(
        a="""
interface Node {
  id: ID
  name: String
}

type Query {
  a: Node
}
""",
        b="""
interface Node {
  id: ID
}

type User implements Node {
  id: ID
}

type Query {
  b: User
}
""",
    ) == [
        (
            'INTERFACE_FIELD_NO_IMPLEM: Interface field "Node.name" is declared in subgraph "a" but type '
            '"User", which implements "Node" only in subgraph "b" does not have field "name". (b:6:1)'
        ),
    ]


def test_a_field_that_it_has_composes(composes):
    assert composes(
        a="""
interface Node {
  id: ID
  name: String
}

type Query {
  a: Node
}
""",
        b="""
interface Node {
  id: ID
}

type User implements Node {
  id: ID
  name: String
}

type Query {
  b: User
}
""",
    )
