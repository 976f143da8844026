"""The text of field sets: what is read, what is refused, and how it is passed on."""

import pytest

from gateway.composition.subgraph.fieldset import FieldSetSyntaxError, parse_field_set, print_field_set

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { user: User }
type User @key(fields: "%s") { id: ID owner: Owner }
type Owner { id: ID nr: Int }
"""


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("id", "id"),
        ("{ id }", "id"),
        (" id,owner{id nr} ", "id owner { id nr }"),
        ("owner { ... on Owner { id } }", "owner { ... on Owner { id } }"),
        ('price(unit: KG, of: {n: 1, s: "x"})', 'price(unit: KG, of: {n: 1, s: "x"})'),
    ],
)
def test_a_field_set_is_printed_in_one_form(text, printed):
    assert print_field_set(parse_field_set(text)) == printed
    assert parse_field_set(printed) == parse_field_set(text)


@pytest.mark.parametrize("text", ["", " ", "{}", "id {", "id { }", "id }", "id } { nr", "...X", "$a"])
def test_what_is_no_selection_set_is_refused(text, refuses):
    with pytest.raises(FieldSetSyntaxError):
        parse_field_set(text)
    (error,) = refuses(a=SDL % text)
    assert error.startswith(f'KEY_INVALID_FIELDS: [a] On type "User", for @key(fields: "{text}"): ')


def test_outer_braces_are_not_passed_on(type_of):
    assert '@join__type(graph: A, key: "id owner { id }")' in type_of("User", a=SDL % "{ id owner { id } }")
