"""Federation 1 subgraphs: what they mean in Federation 2."""


def test_types_are_shared_without_saying_so(type_of):
    sdls = {
        "a": "type Query { a: Money } type Money { amount: Int }",
        "b": "type Query { b: Money } type Money { amount: Int currency: String }",
    }
    assert (
        type_of("Money", a=sdls["a"].replace("amount: Int", "amount: Int currency: String"), b=sdls["b"])
        == """type Money
  @join__type(graph: A)
  @join__type(graph: B)
{
  amount: Int
  currency: String
}"""
    )


def test_extensions_become_definitions_and_unused_externals_go(type_of):
    assert (
        type_of(
            "Product",
            products='type Query { top: Product } type Product @key(fields: "upc") { upc: ID! price: Int weight: Int }',
            inventory="""
            extend type Product @key(fields: "upc") {
              upc: ID! @external
              price: Int @external
              weight: Int @external
              shipping: Int @requires(fields: "price")
            }
            """,
        )
        == """type Product
  @join__type(graph: INVENTORY, key: "upc")
  @join__type(graph: PRODUCTS, key: "upc")
{
  upc: ID!
  price: Int @join__field(graph: INVENTORY, external: true) @join__field(graph: PRODUCTS)
  shipping: Int @join__field(graph: INVENTORY, requires: "price")
  weight: Int @join__field(graph: PRODUCTS)
}"""
    )


def test_extends_keeps_its_mark(type_of):
    text = type_of(
        "T",
        a='type Query { t: T } type T @key(fields: "id") { id: ID! }',
        b='type T @extends @key(fields: "id") { id: ID! @external n: Int }',
    )
    assert '  @join__type(graph: B, key: "id", extension: true)\n' in text


def test_a_tag_on_an_external_field_is_dropped_where_the_resolved_one_has_it(type_of):
    text = type_of(
        "T",
        a='type Query { t: T } type T @key(fields: "id") { id: ID! n: Int @tag(name: "x") }',
        b='extend type T @key(fields: "id") { id: ID! @external n: Int @external @tag(name: "x")\n'
        ' m: Int @requires(fields: "n") }',
    )
    assert '  n: Int @join__field(graph: A) @join__field(graph: B, external: true) @tag(name: "x")\n' in text


def test_lists_of_fields_are_joined(type_of):
    text = type_of("T", a='type Query { t: T } type T @key(fields: ["id", "nr"]) { id: ID! nr: Int }')
    assert '  @join__type(graph: A, key: "id nr")\n' in text


def test_machinery_written_out_is_no_part_of_the_schema(composes):
    sdl = composes(
        a="""
        directive @key(fields: _FieldSet!) repeatable on OBJECT | INTERFACE
        scalar _FieldSet
        scalar _Any
        union _Entity = T
        type _Service { sdl: String }
        type Query { t: T _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }
        type T @key(fields: "id") { id: ID! }
        """
    ).supergraph_sdl
    assert "_Service" not in sdl
    assert "_entities" not in sdl
    assert "_FieldSet" not in sdl.replace("join__FieldSet", "")


def test_a_federation_2_subgraph_keeps_its_own_rules_beside_one_of_federation_1(refuses):
    (error,) = refuses(
        old="type Query { a: Int }",
        new='extend schema @link(url: "https://specs.apollo.dev/federation/v2.9")\n\ntype Query { a: Int }',
    )
    assert error == (
        'INVALID_FIELD_SHARING: Non-shareable field "Query.a" is resolved from multiple subgraphs: it is resolved '
        'from subgraphs "new" and "old" and defined as non-shareable in subgraph "new" (new:3:14, old:1:14)'
    )
