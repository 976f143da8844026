"""ROOT_MUTATION_USED: a type named Mutation is the root."""


def test_a_mutation_type_beside_another_root_is_refused(refuses):
    assert refuses(
        a="""
schema {
  query: Query
  mutation: Change
}

type Change {
  a: Int
}

type Mutation {
  b: Int
}

type Query {
  q: Int
}
""",
    ) == [
        (
            'ROOT_MUTATION_USED: [a] The schema has a type named "Mutation" but it is not set as the '
            'mutation root type ("Change" is instead): this is not supported by federation. If a root '
            "type does not use its default name, there should be no other type with that default name. "
            "(a:11:1)"
        ),
    ]


def test_a_renamed_root_composes(composes):
    assert composes(
        a="""
schema {
  query: Query
  mutation: Change
}

type Change {
  a: Int
}

type Query {
  q: Int
}
""",
    )
