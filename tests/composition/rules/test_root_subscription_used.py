"""ROOT_SUBSCRIPTION_USED: a type named Subscription is the root."""


def test_a_subscription_type_beside_another_root_is_refused(refuses):
    assert refuses(
        a="""
schema {
  query: Query
  subscription: Stream
}

type Stream {
  a: Int
}

type Subscription {
  b: Int
}

type Query {
  q: Int
}
""",
    ) == [
        (
            'ROOT_SUBSCRIPTION_USED: [a] The schema has a type named "Subscription" but it is not set as '
            'the subscription root type ("Stream" is instead): this is not supported by federation. If a '
            "root type does not use its default name, there should be no other type with that default "
            "name. (a:11:1)"
        ),
    ]


def test_a_renamed_root_composes(composes):
    assert composes(
        a="""
schema {
  query: Query
  subscription: Stream
}

type Stream {
  a: Int
}

type Query {
  q: Int
}
""",
    )
