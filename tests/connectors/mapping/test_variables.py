"""`$args` and the like, and names bound by `->as`."""

import pytest

VARIABLES = {
    "$args": {"first": 5, "filter": {"city": "Ghent"}},
    "$this": {"id": "w1"},
    "$batch": [{"id": "a"}, {"id": "b"}],
    "$config": {"region": "eu"},
    "$context": {"locale": "nl"},
    "$status": 200,
    "$request": {"headers": {"x-trace": ["t1", "t2"]}},
    "$response": {"headers": {"etag": ["e"]}},
    "$env": {"STAGE": "test"},
}


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ("$args.first", 5),
        ("id: $this.id n: $args.filter.city", {"id": "w1", "n": "Ghent"}),
        ("$args.filter { city }", {"city": "Ghent"}),
        ("ids: $batch.id", {"ids": ["a", "b"]}),
        ("$config.region", "eu"),
        ("$context.locale", "nl"),
        ("ok: $status->eq(200)", {"ok": True}),
        ("$request.headers.'x-trace'->first", "t1"),
        ("$response.headers.etag->first", "e"),
        ("$env.STAGE", "test"),
    ],
)
def test_variables(apply, mapping, expected):
    assert apply(mapping, "{}", VARIABLES) == expected


def test_a_variable_without_a_value_is_a_problem(attempt):
    assert attempt("id a: $this.id", '{"id": 1}', {}) == ({"id": 1}, ["MISSING_VARIABLE"])


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ("author->as($a).articles { title by: $a.name }", [{"title": "T", "by": "Ben"}]),
        ("n: author->as($n, @.name)->echo($n)", {"n": "Ben"}),
        ("n: author->as($a)->as($b, $a.name)->echo([$b, @.name])", {"n": ["Ben", "Ben"]}),
        ("old: users->filter(@->as($u)->echo($u.active)->and($u.age->gt(30))) { age }", {"old": [{"age": 40}]}),
        ("author->as($a) { name }", {"name": "Ben"}),
    ],
)
def test_as_names_a_value_for_the_rest_of_the_path(apply, mapping, expected):
    data = """{"author": {"name": "Ben", "articles": [{"title": "T"}]},
               "users": [{"active": true, "age": 40}, {"active": true, "age": 20}, {"active": false, "age": 50}]}"""
    assert apply(mapping, data) == expected
