"""What the mapper says of data that is not as expected: coded, located, counted, without values."""

import pytest

from connectors.mapping import MappingError, Problem, compile_selection, load_json, parse_selection


def problems(text: str, data: object) -> list[Problem]:
    return compile_selection(parse_selection(text))(data, {})[1]


def test_equal_complaints_are_one_problem_with_a_count():
    data = {"trips": [{"pickup": {}}, {"pickup": {"at": 1}}, {"pickup": {}}, {"pickup": None}]}
    assert problems("trips {\n  start: pickup.at\n}", data) == [
        Problem(code="MISSING_KEY", message="the object has no key `at`", line=2, column=17, path="pickup.at", count=2),
        Problem(
            code="NULL_PARENT",
            message="null has no key `at`; write `?` behind what may be null",
            line=2,
            column=17,
            path="pickup.at",
            count=1,
        ),
    ]


@pytest.mark.parametrize(
    ("text", "data", "code", "path"),
    [
        ("id", {}, "MISSING_KEY", "id"),
        ("a: $.b.c", {"b": "secret-value"}, "NOT_AN_OBJECT", "$.b.c"),
        ("a: b->size", {"b": 4}, "TYPE_MISMATCH", "b->size"),
        ("id", "secret-value", "NOT_AN_OBJECT", "id"),
        ("a: b->map(@.c)", {"b": [{}]}, "MISSING_KEY", "@.c"),
    ],
)
def test_code_and_path(text, data, code, path):
    (problem,) = problems(text, data)
    assert (problem.code, problem.path) == (code, path)
    assert "secret-value" not in problem.message


def test_what_is_missing_does_not_take_its_siblings_along(attempt):
    assert attempt("a b: c.d e", '{"a": 1, "e": 2}') == ({"a": 1, "e": 2}, ["MISSING_KEY"])


def test_deep_data_is_a_problem_and_not_a_crash():
    data: object = 1
    for _ in range(100_000):
        data = [data]
    value, found = compile_selection(parse_selection("$.a"))(data, {})
    assert value is None
    assert [problem.code for problem in found] == ["TOO_DEEP"]


@pytest.mark.parametrize("text", ["{", "NaN", '{"a": Infinity}', "[" * 200_000, "", b"\xff", "9" * 5000])
def test_json_that_cannot_be_loaded(text):
    with pytest.raises(MappingError) as caught:
        load_json(text)
    assert caught.value.code == "INVALID_JSON"
