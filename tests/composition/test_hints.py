"""Hints: what composes but is probably not meant so."""

import pytest

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
    'import: ["@key", "@shareable", "@override", "@external"])\n'
)


@pytest.mark.parametrize(
    ("code", "a", "b"),
    [
        (
            "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE",
            "type Query { n: Int @shareable }",
            "type Query { n: Int! @shareable }",
        ),
        (
            "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE",
            "type Query { n(x: Int): Int @shareable }",
            "type Query { n(x: Int!): Int @shareable }",
        ),
        (
            "INCONSISTENT_ARGUMENT_PRESENCE",
            "type Query { n(x: Int): Int @shareable }",
            "type Query { n: Int @shareable }",
        ),
        (
            "INCONSISTENT_DEFAULT_VALUE_PRESENCE",
            "type Query { n(x: Int = 1): Int @shareable }",
            "type Query { n(x: Int): Int @shareable }",
        ),
        (
            "INCONSISTENT_INPUT_OBJECT_FIELD",
            "type Query { a(in: In): Int } input In { x: Int y: Int }",
            "type Query { b(in: In): Int } input In { x: Int }",
        ),
        (
            "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM",
            "type Query { a(in: In): Int } enum In { X Y }",
            "type Query { b(in: In): Int } enum In { X }",
        ),
        (
            "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM",
            "type Query { a: Out } enum Out { X Y }",
            "type Query { b: Out } enum Out { X }",
        ),
        (
            "INCONSISTENT_UNION_MEMBER",
            "type Query { a: U } union U = A | B type A { x: Int @shareable } type B { x: Int @shareable }",
            "type Query { b: U } union U = A type A { x: Int @shareable }",
        ),
        (
            "INCONSISTENT_DESCRIPTION",
            'type Query { "one" n: Int @shareable }',
            'type Query { "another" n: Int @shareable }',
        ),
        (
            "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE",
            "directive @x on FIELD type Query { a: Int }",
            "type Query { b: Int }",
        ),
        (
            "NO_EXECUTABLE_DIRECTIVE_LOCATIONS_INTERSECTION",
            "directive @x on FIELD type Query { a: Int }",
            "directive @x on QUERY type Query { b: Int }",
        ),
        (
            "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
            'type Query { n: Int @shareable @deprecated(reason: "old") }',
            'type Query { n: Int @shareable @deprecated(reason: "older") }',
        ),
        ("FROM_SUBGRAPH_DOES_NOT_EXIST", 'type Query { n: Int @override(from: "c") }', "type Query { b: Int }"),
        (
            "OVERRIDDEN_FIELD_CAN_BE_REMOVED",
            'type Query { n: Int @override(from: "b") }',
            "type Query { n: Int b: Int }",
        ),
        ("OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", 'type Query { n: Int @override(from: "b") }', "type Query { b: Int }"),
        (
            "INCONSISTENT_ENTITY",
            'type Query { a: T } type T @key(fields: "id") { id: ID! }',
            "type Query { b: T } type T { id: ID! @shareable }",
        ),
        (
            "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD",
            "type Query { a: T } type T { x: Int @shareable query: Query }",
            "type Query { z: Int } type T { x: Int @shareable }",
        ),
        (
            "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD",
            "type Query { a: N } interface N { x: Int y: Int }",
            "type Query { b: N } interface N { x: Int }",
        ),
        ("UNUSED_ENUM_TYPE", "type Query { a: Int } enum E { X }", "type Query { b: Int }"),
        (
            "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE",
            "directive @x repeatable on FIELD type Query { a: Int }",
            "directive @x on FIELD type Query { b: Int }",
        ),
        (
            "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS",
            "directive @x on FIELD | QUERY type Query { a: Int }",
            "directive @x on FIELD type Query { b: Int }",
        ),
        (
            "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN",
            "type Query { u: U @shareable } union U = A | B type A { x: Int @shareable } type B { x: Int @shareable }",
            "type Query { u: U @shareable } union U = A type A { x: Int @shareable }",
        ),
    ],
)
def test_an_inconsistency_is_hinted_at(composes, code, a, b):
    assert code in {hint.code for hint in composes(a=LINK + a, b=LINK + b).hints}


def test_consistent_subgraphs_get_no_hint(composes):
    sdl = LINK + "type Query { n(x: Int = 1): Int @shareable }"
    assert composes(a=sdl, b=sdl).hints == ()


def test_a_progressive_override_is_hinted_at_while_it_lasts(composes):
    result = composes(
        a=LINK + 'type Query { n: Int @override(from: "b", label: "percent(5)") }', b=LINK + "type Query { n: Int }"
    )
    assert "OVERRIDE_MIGRATION_IN_PROGRESS" in {hint.code for hint in result.hints}


def test_hints_say_how_much_they_matter(composes):
    hints = composes(
        a=LINK + "type Query { n(x: Int): Int! @shareable } enum E { X }", b=LINK + "type Query { n: Int @shareable }"
    ).hints
    assert {(hint.code, hint.level) for hint in hints} == {
        ("INCONSISTENT_ARGUMENT_PRESENCE", "WARN"),
        ("INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE", "INFO"),
        ("UNUSED_ENUM_TYPE", "DEBUG"),
    }
