"""Which queries have a plan: keys, requirements, provided fields, interfaces, labels and contexts."""

import re

from gateway.composition import CompositionFailed, SubgraphSDL, compose
from gateway.composition.merge.merge import merge_subgraphs
from gateway.composition.satisfiability import check_satisfiability
from gateway.composition.subgraph.expand import expand

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.11", import: ["@key", "@shareable", '
    '"@external", "@requires", "@provides", "@interfaceObject", "@override", "@context", "@fromContext"])\n'
)


def linked(**sdls):
    return {name: LINK + sdl for name, sdl in sdls.items()}


def queries(**sdls):
    """The queries that cannot be satisfied, each on one line."""
    result = compose([SubgraphSDL(name=n, url="", sdl=s) for n, s in linked(**sdls).items()])
    assert isinstance(result, CompositionFailed)
    assert {e.code for e in result.errors} == {"SATISFIABILITY_ERROR"}
    found = [re.search(r"query:\n(.*)\ncannot", e.message, re.DOTALL)[1] for e in result.errors]
    return [" ".join(text.split()) for text in found]


def test_a_key_may_be_collected_over_several_subgraphs(composes):
    assert composes(
        **linked(
            a='type Query { t: T } type T @key(fields: "x") { x: ID! }',
            b='type T @key(fields: "x") { x: ID! y: ID! @shareable }',
            c='type T @key(fields: "y z") { y: ID! z: ID! n: Int }',
            d='type T @key(fields: "y") { y: ID! z: ID! @shareable }',
        )
    )


def test_keys_that_need_one_another_lead_nowhere():
    assert queries(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! }',
        b='type T @key(fields: "p") { p: ID! q: ID! @shareable n: Int }',
        c='type T @key(fields: "q") { q: ID! p: ID! @shareable }',
    ) == ["{ t { p } }", "{ t { q } }", "{ t { n } }"]


def test_requirements_that_need_one_another_are_not_met():
    assert queries(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! }',
        b='type T @key(fields: "id") { id: ID! x: Int @requires(fields: "y") y: Int @external }',
        c='type T @key(fields: "id") { id: ID! y: Int @requires(fields: "x") x: Int @external }',
    ) == ["{ t { x } }", "{ t { y } }"]


def test_a_requirement_is_met_through_another_requirement(composes):
    assert composes(
        **linked(
            a='type Query { t: T } type T @key(fields: "id") { id: ID! z: Int }',
            b='type T @key(fields: "id") { id: ID! x: Int @requires(fields: "y") y: Int @external }',
            c='type T @key(fields: "id") { id: ID! y: Int @requires(fields: "z") z: Int @external }',
        )
    )


def test_a_requirement_needs_a_key_to_come_back_with():
    assert queries(
        a='type Query { t: T } type T { id: ID! @shareable x: Int @requires(fields: "y") y: Int @external }',
        b="type Query { u: T } type T { id: ID! @shareable y: Int }",
    ) == ["{ t { x } }", "{ t { y } }", "{ u { x } }"]


def test_a_nested_requirement_goes_through_interfaces_and_fragments(composes):
    assert composes(
        **linked(
            a="""
            type Query { t: T }
            interface Owner { name: String }
            type Person implements Owner @key(fields: "id") { id: ID! name: String age: Int }
            type Firm implements Owner { name: String }
            type T @key(fields: "id") { id: ID! owner: Owner }
            """,
            b="""
            interface Owner { name: String }
            type Person implements Owner @key(fields: "id") { id: ID! name: String @external age: Int @external }
            type Firm implements Owner { name: String @external }
            type T @key(fields: "id") {
              id: ID!
              owner: Owner @external
              label: String @requires(fields: "owner { name ... on Person { age } }")
            }
            """,
        )
    )


def test_provided_fields_are_there_on_their_path_only():
    assert queries(
        a="""
        type Query { with: T @provides(fields: "n") without: T }
        type T @key(fields: "id") { id: ID! n: Int @external }
        """,
        b='type T @key(fields: "id", resolvable: false) { id: ID! n: Int @shareable }',
    ) == ["{ without { n } }"]


def test_a_shared_value_type_lacks_what_its_path_s_subgraph_lacks():
    assert queries(
        a="type Query { a: V } type V { x: Int @shareable }",
        b="type Query { b: V } type V { x: Int @shareable y: Int }",
    ) == ["{ a { y } }"]


def test_every_subgraph_can_be_entered_again_at_the_root(composes):
    assert composes(
        **linked(
            a="type Query { a: Result } type Result { query: Query }",
            b="type Query { b: Int }",
        )
    )


def test_an_interface_object_adds_fields_to_every_implementation(composes):
    assert composes(
        **linked(
            a="""
            type Query { media: [Media] }
            interface Media @key(fields: "id") { id: ID! }
            type Book implements Media @key(fields: "id") { id: ID! }
            """,
            b='type Media @interfaceObject @key(fields: "id") { id: ID! stars: Int }',
        )
    )


def test_an_interface_object_needs_somebody_to_tell_the_type():
    assert queries(
        a="""
        interface Media { id: ID! }
        type Book implements Media { id: ID! @shareable pages: Int }
        """,
        b='type Query { media: [Media] } type Media @interfaceObject @key(fields: "id") { id: ID! stars: Int }',
    ) == ["{ media { ... on Book { ... } } }"]


def test_both_sides_of_a_progressive_override_must_have_a_plan():
    assert queries(
        a='type T @key(fields: "id") { id: ID! n: Int @override(from: "b", label: "percent(5)") }',
        b='type Query { t: T } type T @key(fields: "nr") { nr: ID! n: Int }',
    ) == ["{ t { id } }", "{ t { n } }"]


def test_a_context_is_set_on_the_path_or_the_field_has_no_plan():
    sdl = """
    type Query { user: User%s }
    type User @key(fields: "id") @context(name: "user") { id: ID! locale: String cart: Cart }
    type Cart @key(fields: "id") { id: ID! total(locale: String @fromContext(field: "$user { locale }")): Int }
    """
    assert queries(a=sdl % " cart: Cart") == ["{ cart { total } }"]


def test_a_context_on_a_union_is_set_by_its_members(composes):
    assert composes(
        **linked(
            a="""
            type Query { owner: Owner }
            union Owner @context(name: "owner") = Person | Firm
            type Person @key(fields: "id") { id: ID! locale: String! cart: Cart }
            type Firm @key(fields: "id") { id: ID! language: String! cart: Cart }
            type Cart @key(fields: "id") {
              id: ID!
              total(
                locale: String! @fromContext(field: "$owner ... on Person { locale } ... on Firm { language }")
              ): Int
            }
            """
        )
    )


def test_the_query_in_the_error_can_be_sent():
    assert queries(
        a="""
        type Query { find(filter: Filter!, size: Size!, n: Int!, other: Int): [T] }
        input Filter { ids: [ID!]! name: String! hint: String }
        enum Size { S M }
        type T { x: Int @shareable }
        """,
        b="type Query { b: T } type T { x: Int @shareable y: Int }",
    ) == ['{ find(filter: {ids: [], name: "A string value"}, size: S, n: 0) { y } }']


def test_a_long_chain_of_requirements_is_followed_to_its_end(composes):
    length = 120
    sdls = {"z": 'type Query { t: T } type T @key(fields: "id") { id: ID! f0: Int }'}
    for i in range(1, length):
        # The last link of the chain comes first, so that nothing is known yet when it is asked for.
        sdls[f"s{length - i:03}"] = (
            f'type T @key(fields: "id") {{ id: ID! f{i - 1}: Int @external f{i}: Int @requires(fields: "f{i - 1}") }}'
        )
    assert composes(**linked(**sdls))


def test_a_walk_without_end_stops_with_a_code():
    source = SubgraphSDL(name="a", url="", sdl="type Query { a: A } type A { b: B } type B { a: A n: Int }")
    merged = merge_subgraphs((expand(source).subgraph,))
    assert check_satisfiability(merged) == ([], [])
    (error,), _ = check_satisfiability(merged, max_states=2)
    assert error.code == "MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED"
