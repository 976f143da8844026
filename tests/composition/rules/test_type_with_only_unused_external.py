"""TYPE_WITH_ONLY_UNUSED_EXTERNAL: a Federation 1 type has something left without its unused externals."""


def test_a_used_type_of_unused_externals_is_refused(refuses):
    assert refuses(
        a="""
type Query {
  parcel: Parcel
}

extend type Parcel {
  weight: Int @external
}
""",
        b="""
type Parcel {
  weight: Int
}
""",
    ) == [
        (
            'TYPE_WITH_ONLY_UNUSED_EXTERNAL: [a] Type "Parcel" contains only external fields and all '
            "those fields are unused (they do not appear in any @key, @provides or @requires): remove "
            "the type or say which of its fields are needed. (a:6:1)"
        ),
    ]


def test_the_same_type_with_its_key_composes(composes):
    assert composes(
        a="""
type Query {
  parcel: Parcel
}

extend type Parcel @key(fields: "id") {
  id: ID @external
  weight: Int @external
}
""",
        b="""
type Parcel @key(fields: "id") {
  id: ID
  weight: Int
}
""",
    )
