"""Apollo's methods, one table each for what they answer and for what they complain about."""

from decimal import Decimal

import pytest

ANSWERS = {
    "echo": [("1->echo({ was: @ })", {"was": 1})],
    "map": [
        ("[1, 2]->map(@->mul(2))", [2, 4]),
        ("27->map(@->mul(2))", [54]),
        ("['red']->map({ name: @ })", [{"name": "red"}]),
        ("[{a: 1}, {}]->map(@.a?)", [1, None]),
        ("[]->map(@)", []),
    ],
    "first": [("[1, 2]->first", 1), ("'abc'->first", "a"), ("[]->first", None), ("5->first", 5)],
    "last": [("[1, 2]->last", 2), ("'abc'->last", "c"), ("''->last", None)],
    "slice": [
        ("[1, 2, 3]->slice(0, 2)", [1, 2]),
        ("'abcdef'->slice(1, 3)", "bc"),
        ("[1, 2, 3]->slice(1)", [2, 3]),
        ("[1, 2, 3]->slice(-2)", [2, 3]),
        ("[1]->slice(4, 9)", []),
    ],
    "size": [("[1, 2]->size", 2), ("'abc'->size", 3), ("{a: 1, b: 2}->size", 2)],
    "filter": [
        ("[1, 2, 3, 4]->filter(@->mod(2)->eq(0))", [2, 4]),
        ("3->filter(@->gt(1))", [3]),
        ("3->filter(@->gt(5))", []),
    ],
    "find": [("[1, 2, 4]->find(@->mod(2)->eq(0))", 2), ("[1]->find(@->gt(5))", None)],
    "get": [
        ("[1, 2, 3]->get(1)", 2),
        ("[1, 2, 3]->get(-2)", 2),
        ("'abc'->get(2)", "c"),
        ("{a: 5}->get('a')", 5),
    ],
    "joinNotNull": [
        ("['a', 'b', null, 'c']->joinNotNull(',')", "a,b,c"),
        ("[1, 2.50, true]->joinNotNull(' ')", "1 2.50 true"),
        ("[]->joinNotNull(',')", ""),
        ("null->joinNotNull(',')", None),
    ],
    "contains": [("[123, 456]->contains(123)", True), ("[{a: 1}]->contains({a: 2})", False)],
    "in": [("123->in([123, 456])", True), ("'a'->in('b', 'c')", False), ("'a'->in('a', 'c')", True)],
    "entries": [("{a: 1}->entries", [{"key": "a", "value": 1}]), ("{a: 1, b: 2}->entries.key", ["a", "b"])],
    "keys": [("{a: 1, b: 2}->keys", ["a", "b"])],
    "values": [("{a: 1, b: 2}->values", [1, 2])],
    "has": [("{a: null}->has('a')", True), ("{}->has('a')", False), ("[1]->has(1)", False), ("'ab'->has(-2)", True)],
    "keysToCamelCase": [
        (
            "{login_name: 1, FullName: 2, MAX_SIZE: 3, id: {in_ner: 4}, userID2: 5}->keysToCamelCase",
            {"loginName": 1, "fullName": 2, "maxSize": 3, "id": {"in_ner": 4}, "userId2": 5},
        )
    ],
    "keysToCamelCaseDeep": [("{a_b: [{c_d: 1}]}->keysToCamelCaseDeep", {"aB": [{"cD": 1}]})],
    "eq": [
        ("1->eq(1.0)", True),
        ("1->eq(true)", False),
        ("null->eq(null)", True),
        ("{a: [1, {b: null}]}->eq({a: [1, {b: null}]})", True),
        ("[1, 2]->eq([2, 1])", False),
        ("'1'->eq(1)", False),
    ],
    "ne": [("'a'->ne('b')", True), ("1->ne(1)", False)],
    "lt": [("1->lt(2)", True), ("'a'->lt('b')", True)],
    "lte": [("2->lte(2)", True)],
    "gt": [("2.5->gt(2)", True)],
    "gte": [("1->gte(2)", False)],
    "not": [("true->not", False), ("false->not->not", False)],
    "and": [("true->and(true, true)", True), ("true->and(true, false)", False), ("false->and('?')", False)],
    "or": [("false->or(false, true)", True), ("true->or('?')", True), ("false->or(false)", False)],
    "add": [("1->add(2)", 3), ("0.1->add(0.2)", Decimal("0.3")), ("1->add(2, 3)", 6)],
    "sub": [("1->sub(3)", -2)],
    "mul": [("3->mul(2, 2)", 12), ("19.99->mul(3)", Decimal("59.97"))],
    "div": [("6->div(3)", 2), ("1->div(8)", Decimal("0.125"))],
    "mod": [("5->mod(3)", 2), ("-5->mod(3)", -2), ("5.5->mod(2)", Decimal("1.5"))],
    "parseInt": [
        ("'42'->parseInt", 42),
        ("'ff'->parseInt(16)", 255),
        ("' -7 '->parseInt", -7),
        ("12.9->parseInt", 12),
    ],
    "toString": [
        ("1.50->toString", "1.50"),
        ("null->toString", ""),
        ("true->toString", "true"),
        ("'a'->toString", "a"),
    ],
    "jsonStringify": [
        ("{a: [1.50, null, true, 'é\"']}->jsonStringify", '{"a":[1.50,null,true,"é\\""]}'),
        ("null->jsonStringify", "null"),
    ],
    "jsonParse": [("'{\"x\": [1.10]}'->jsonParse", {"x": [Decimal("1.10")]})],
    "split": [
        ("'a,b,c'->split(',')", ["a", "b", "c"]),
        ("'a,b,c'->split(',', 2)", ["a", "b"]),
        ("'abc'->split('')", ["a", "b", "c"]),
    ],
    "trim": [("'  a '->trim", "a")],
    "trimStart": [("'  a '->trimStart", "a ")],
    "trimEnd": [("'  a '->trimEnd", "  a")],
    "typeof": [
        ("[null->typeof, true->typeof, 1->typeof, 1.5->typeof]", ["null", "boolean", "number", "number"]),
        ("['s'->typeof, []->typeof, {}->typeof]", ["string", "array", "object"]),
    ],
    "match": [
        ("'b'->match(['a', 1], ['b', 2])", 2),
        ("'z'->match(['a', 1], [@, @])", "z"),
        ("'z'->match(['a', 1], ['other'])", "other"),
    ],
    "matchIf": [
        ("5->matchIf([@->lt(3), 'low'], [@->lt(9), 'mid'], [true, 'high'])", "mid"),
        ("50->matchIf([@->lt(3), 'low'], ['high'])", "high"),
    ],
}

COMPLAINTS = [
    ("5->slice(1)", "TYPE_MISMATCH"),
    ("[1]->slice('a')", "TYPE_MISMATCH"),
    ("5->size", "TYPE_MISMATCH"),
    ("[1]->entries", "TYPE_MISMATCH"),
    ("[1]->get(4)", "OUT_OF_RANGE"),
    ("{}->get('a')", "MISSING_KEY"),
    ("'a'->contains('a')", "TYPE_MISMATCH"),
    ("[[1]]->joinNotNull(',')", "TYPE_MISMATCH"),
    ("1->lt('a')", "TYPE_MISMATCH"),
    ("null->gt(1)", "TYPE_MISMATCH"),
    ("1->not", "TYPE_MISMATCH"),
    ("true->and(1)", "TYPE_MISMATCH"),
    ("'a'->add(1)", "TYPE_MISMATCH"),
    ("true->add(1)", "TYPE_MISMATCH"),
    ("1->div(0)", "OUT_OF_RANGE"),
    ("1->mod(0)", "OUT_OF_RANGE"),
    ("'12.5'->parseInt", "NOT_CONVERTIBLE"),
    ("'1_0'->parseInt", "NOT_CONVERTIBLE"),
    ("'9'->parseInt(8)", "NOT_CONVERTIBLE"),
    ("[1]->toString", "TYPE_MISMATCH"),
    ("'{'->jsonParse", "NOT_CONVERTIBLE"),
    ("'NaN'->jsonParse", "NOT_CONVERTIBLE"),
    ("5->trim", "TYPE_MISMATCH"),
    ("'x'->match(['a', 1])", "NO_MATCH"),
    ("5->matchIf([@->lt(3), 'low'])", "NO_MATCH"),
]


@pytest.mark.parametrize(
    ("expression", "expected"), [(text, answer) for pairs in ANSWERS.values() for text, answer in pairs]
)
def test_answers(apply, expression, expected):
    answer = apply(f"$({expression})")
    assert answer == expected
    assert type(answer) is type(expected)


@pytest.mark.parametrize(("expression", "code"), COMPLAINTS)
def test_what_does_not_fit_is_missing_and_told(attempt, expression, code):
    assert attempt(f"{{ v: {expression} }}") == ({}, [code])


def test_every_method_is_in_a_table():
    from connectors.mapping.methods import METHODS

    assert {name for name in METHODS if not name.startswith("gig_")} == set(ANSWERS)


def test_a_condition_that_is_not_true_or_false_leaves_the_element_out(attempt):
    assert attempt("$([1, 2])->filter(@)") == ([], ["TYPE_MISMATCH"])


def test_a_missing_argument_makes_the_answer_missing(attempt):
    assert attempt("v: $.n->add($.gone)", '{"n": 1}') == ({}, ["MISSING_KEY"])


def test_only_the_chosen_side_of_a_match_is_evaluated(apply):
    assert apply("v: kind->match(['a', $.gone], [@, 'other'])", '{"kind": "b"}') == {"v": "other"}


def test_numbers_that_cannot_be_written_are_out_of_range(attempt):
    assert attempt("v: n->toString", '{"n": 1e999999}') == ({}, ["OUT_OF_RANGE"])
    assert attempt("v: n->parseInt", '{"n": 1e999999}') == ({}, ["NOT_CONVERTIBLE"])
    assert attempt("v: n->mul(n)", '{"n": %s}' % ("9" * 300)) == ({}, ["OUT_OF_RANGE"])
