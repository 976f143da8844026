"""Mappings that are wrong: code, line, column and what was expected."""

import pytest

from connectors.mapping import MappingError, compile_selection, find_errors, parse_selection


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "part"),
    [
        ("id {", "SYNTAX", 1, 5, "expected a field or `}`, found the end"),
        ("id }", "SYNTAX", 1, 4, "expected a key"),
        ("a:\n  :", "SYNTAX", 2, 3, "found `:`"),
        ("a: $(1", "SYNTAX", 1, 7, "expected `)`"),
        ("a.", "SYNTAX", 1, 3, "expected a key behind `.`"),
        ("a: b->", "SYNTAX", 1, 7, "expected a method name"),
        ("a: b->size(", "SYNTAX", 1, 12, "found the end"),
        ("a: $([1 2])", "SYNTAX", 1, 9, "expected `,` or `]`"),
        ("a: 'x", "SYNTAX", 1, 4, "this string is not closed"),
        ("a: % b", "SYNTAX", 1, 4, "unexpected character '%'"),
        ("$ args.x y", "ANONYMOUS_FIELD", 1, 1, "alias"),
        ("5 6", "SYNTAX", 1, 3, "expected the end"),
        ("id\nauthor.name", "ANONYMOUS_FIELD", 2, 1, "put `alias:` before it"),
        ("a { x: y $.z }", "ANONYMOUS_FIELD", 1, 10, "put `alias:` before it"),
        ("a, b c", "MIXED_SEPARATORS", 1, 6, "separated by commas"),
        ("a b, c", "MIXED_SEPARATORS", 1, 4, "separated by white space"),
        ("a: b ?? c ?! d", "MIXED_OPERATORS", 1, 11, "cannot be mixed"),
        ("id\nid", "DUPLICATE_FIELD", 2, 1, "`id` is selected twice"),
        ("a: b->frist", "UNKNOWN_METHOD", 1, 7, "did you mean `->first`?"),
        ("a: b->first(1)", "METHOD_ARGUMENTS", 1, 7, "takes 0 arguments, not 1"),
        ("a: b->slice(1, 2, 3)", "METHOD_ARGUMENTS", 1, 7, "takes 0 to 2 arguments"),
        ("a: b->eq", "METHOD_ARGUMENTS", 1, 7, "takes 1 argument, not 0"),
        ("a: b->match(['a'], ['b', 1])", "METHOD_ARGUMENTS", 1, 7, "pairs"),
        ("a: b->match('a')", "METHOD_ARGUMENTS", 1, 7, "pairs"),
        ("a: b->as(c)", "METHOD_ARGUMENTS", 1, 7, "`->as($name)`"),
        ("a: b->as($args)", "RESERVED_VARIABLE", 1, 7, "cannot be bound"),
        ("a: b->as($pseudonym_key)", "RESERVED_VARIABLE", 1, 7, "cannot be bound"),
        ("a: $arg.x", "UNKNOWN_VARIABLE", 1, 4, "known: $args"),
        ("a: $pseudonym_key", "UNKNOWN_VARIABLE", 1, 4, "no variable"),
        ("a: b->map($x.y) c: d->as($x)", "UNKNOWN_VARIABLE", 1, 11, "no variable `$x`"),
        ("a: " + "$(" * 70 + "1" + ")" * 70, "TOO_DEEP", 1, 126, "nests at most"),
        ("a" * 300_000, "TOO_LONG", 1, 1, "at most"),
        (f"a: {'1' * 200}", "SYNTAX", 1, 4, "digits"),
    ],
)
def test_located_errors(text, code, line, column, part):
    with pytest.raises(MappingError) as caught:
        parse_selection(text)
    error = caught.value
    assert (error.code, error.line, error.column) == (code, line, column)
    assert part in error.message


def test_all_static_errors_are_found_at_once():
    found = list(find_errors("a: b->nope\nc: $what.ever\nd: e->size(1)"))
    assert [(error.code, error.line) for error in found] == [
        ("UNKNOWN_METHOD", 1),
        ("UNKNOWN_VARIABLE", 2),
        ("METHOD_ARGUMENTS", 3),
    ]
    assert [error.code for error in find_errors("a {")] == ["SYNTAX"]
    assert list(find_errors("a")) == []


@pytest.mark.parametrize("text", ["id", "a: $.b", "a: @", "{ a: b }", "a: $args.x->eq($.y)"])
def test_where_there_is_no_response_bare_keys_mean_nothing(text):
    with pytest.raises(MappingError) as caught:
        parse_selection(text, has_body=False)
    assert caught.value.code == "BODY_NOT_AVAILABLE"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$args { id }", {"id": 1}),
        ("{ ids: $batch->map({ id: @.id }) }", {"ids": [{"id": 3}]}),
        ("a: $args.x->as($y)->echo($y)", {"a": 2}),
        ("a: { b: $args.x c: $(null) }", {"a": {"b": 2, "c": None}}),
    ],
)
def test_where_there_is_no_response_variables_do(text, expected):
    variables = {"$args": {"id": 1, "x": 2}, "$batch": [{"id": 3}]}
    value, problems = compile_selection(parse_selection(text, has_body=False))(None, variables)
    assert (value, problems) == (expected, [])


def test_other_variables_must_be_declared():
    assert parse_selection("a: $page.next", variables=frozenset({"$page"})).input_paths() == {("$page", "next")}
    with pytest.raises(MappingError):
        parse_selection("a: $args.x", variables=frozenset({"$page"}))
