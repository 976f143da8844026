"""Literals, literal objects and arrays, `$(…)`, coalescing, optional chaining."""

from decimal import Decimal

import pytest


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ('$("Book")', "Book"),
        ("$('it\\'s')", "it's"),
        ('$("a\\\\b\\n")', "a\\b\\n"),
        ("$(true)", True),
        ("$(null)", None),
        ("$(-5)", -5),
        ("$(.5)", Decimal("0.5")),
        ("$(7.)", Decimal(7)),
        ("n: 5", {"n": 5}),
        ("n: [1, id, ]", {"n": [1, 9]}),
        ("$([1, 'a', [], {}])", [1, "a", [], {}]),
        ("$({ a: 1, 'b c': id, id })", {"a": 1, "b c": 9, "id": 9}),
        ("{ a: 1, b: id }", {"a": 1, "b": 9}),
        ("{ a: { b: 'x' } }", {"a": {"b": "x"}}),
        ("[id, { id: id }]", [9, {"id": 9}]),
        ("$({ a: { b: 2 } }.a.b->add(1))", 3),
        ("$(-1->add(10))", 9),
        ("$('abc'->size)", 3),
        ("$([1, 2, 3]->last)", 3),
        ("$(true->not)", False),
        ("$($('abc')->first)", "a"),
        ("$(id)->add(1)", 10),
    ],
)
def test_literals(apply, mapping, expected):
    assert apply(mapping, '{"id": 9}') == expected


def test_quotes_and_keywords_behind_an_alias_are_keys(apply):
    assert apply('a: "id" b: true', '{"id": 9, "true": 1}') == {"a": 9, "b": 1}


def test_missing_members_leave_objects_and_are_null_in_arrays(apply):
    assert apply("{ a: x?, b: [x?, 1] }") == {"b": [None, 1]}


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ("v: $.gone ?? 'x'", {"v": "x"}),
        ("v: $.null ?? 'x'", {"v": "x"}),
        ("v: $.gone ?! 'x'", {"v": "x"}),
        ("v: $.null ?! 'x'", {"v": None}),
        ("v: $.zero ?? 'x'", {"v": 0}),
        ("v: $($.gone ?? $.null ?? $.zero)", {"v": 0}),
        ("v: $.gone.deeper ?? 1", {"v": 1}),
        ("v: $($.gone ?? 5)->add(1)", {"v": 6}),
        ("$.gone ?? 'x'", "x"),
        ("v: $.zero->add($.gone ?? 4)", {"v": 4}),
    ],
)
def test_coalescing_is_no_problem(apply, mapping, expected):
    assert apply(mapping, '{"null": null, "zero": 0}') == expected


def test_the_last_of_a_chain_may_still_be_a_problem(attempt):
    assert attempt("v: $.a ?? $.b") == ({}, ["MISSING_KEY"])


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ("a: null?.b", {}),
        ("a: gone?.b.c", {}),
        ("null?", {}),
        ("gone? here? { x }", {"here": {"x": 1}}),
        ("a: null?->jsonStringify b: null->jsonStringify", {"b": "null"}),
        ("a: here.x?->add(1)", {"a": 2}),
        ("a: $args.after?->size", {}),
        ("a: $this?.id", {}),
    ],
)
def test_a_question_mark_makes_null_missing_and_silent(apply, mapping, expected):
    assert apply(mapping, '{"null": null, "here": {"x": 1}}', {"$args": {}, "$this": None}) == expected


def test_optional_keys_in_an_array_leave_null_so_that_positions_stay(apply):
    assert apply("rows.a?.b", '{"rows": [{"a": {"b": 1}}, {}, {"a": null}]}') == [1, None, None]
