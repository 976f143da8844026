"""Selections, aliases, groups, paths and what they do to arrays."""

import pytest

ORDER = """{
  "id": "o1", "total": 12.50, "shop": {"name": "Corner", "owner": {"name": "Kim"}},
  "lines": [{"sku": "a", "tags": ["x", "y"]}, {"sku": "b", "tags": []}], "nothing": null
}"""


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ("", {}),
        ("id", {"id": "o1"}),
        ("id nothing", {"id": "o1", "nothing": None}),
        ("number: id", {"number": "o1"}),
        ("shop { name }", {"shop": {"name": "Corner"}}),
        ("store: shop { title: name }", {"store": {"title": "Corner"}}),
        ("shop.owner { name }", {"name": "Kim"}),
        ("id shop.owner { name }", {"id": "o1", "name": "Kim"}),
        ("id owner: shop.owner.name", {"id": "o1", "owner": "Kim"}),
        ("$.shop { name }", {"name": "Corner"}),
        ("shop.name", "Corner"),
        ("$.id", "o1"),
        ("$", None),
        ("meta: { number: id shop: shop.name }", {"meta": {"number": "o1", "shop": "Corner"}}),
        ("a: { b: { c: id } }", {"a": {"b": {"c": "o1"}}}),
        ("'id'", {"id": "o1"}),
        ('"my id": id', {"my id": "o1"}),
        ('shop."name"', "Corner"),
        ('n: "id"', {"n": "o1"}),
        ("id, store: shop { name },", {"id": "o1", "store": {"name": "Corner"}}),
        ("# all of it\nid # the number\n", {"id": "o1"}),
        ("nothing { id }", {"nothing": None}),
    ],
)
def test_selects(apply, mapping, expected):
    if mapping == "$":
        assert apply(mapping, ORDER)["id"] == "o1"
    else:
        assert apply(mapping, ORDER) == expected


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ("lines.sku", ["a", "b"]),
        ("lines { sku }", {"lines": [{"sku": "a"}, {"sku": "b"}]}),
        ("$.lines { sku }", [{"sku": "a"}, {"sku": "b"}]),
        ("lines.tags", [["x", "y"], []]),
        ("rows: lines { item: { sku } }", {"rows": [{"item": {"sku": "a"}}, {"item": {"sku": "b"}}]}),
        ("$.lines { tags { tag: $ } }", [{"tags": [{"tag": "x"}, {"tag": "y"}]}, {"tags": []}]),
        ("$.lines { $.sku }", ["a", "b"]),
    ],
)
def test_arrays_are_mapped_without_being_asked(apply, mapping, expected):
    assert apply(mapping, ORDER) == expected


def test_the_whole_mapping_is_applied_to_each_element_of_an_array_response(apply):
    assert apply("n: id", '[{"id": 1}, null, {"id": 2}]') == [{"n": 1}, None, {"n": 2}]


def test_nested_arrays_keep_their_nesting(apply):
    assert apply("rows.id", '{"rows": [[{"id": 1}], [], [{"id": 2}, {"id": 3}]]}') == [[1], [], [2, 3]]


def test_a_method_behind_a_key_of_an_array_is_applied_to_each_value(apply):
    data = '{"rows": [{"n": 1}, {"n": 2}]}'
    assert apply("each: rows.n->map(@->mul(2)) all: $(rows.n)->map(@->mul(2))", data) == {
        "each": [[2], [4]],
        "all": [2, 4],
    }


def test_dollar_is_the_closest_object_and_at_is_what_the_method_received(apply):
    data = '{"rate": 3, "trips": [{"km": 2, "rate": 5}, {"km": 4, "rate": 7}]}'
    assert apply("trips { cost: km->mul($.rate) same: km->echo([@, $.km, rate]) }", data) == {
        "trips": [{"cost": 10, "same": [2, 2, 5]}, {"cost": 28, "same": [4, 4, 7]}]
    }
    assert apply("costs: $.trips->map(@.km->mul($.rate))", data) == {"costs": [6, 12]}


def test_a_key_in_a_literal_names_nothing_but_one_in_braces_does(apply):
    assert apply("shop->echo([@.name, shop.name, shop { name }, $.shop { n: name }])", ORDER) == [
        "Corner",
        "Corner",
        {"name": "Corner"},
        {"n": "Corner"},
    ]


def test_numbers_keep_every_digit(apply):
    assert str(apply("$.n", '{"n": 10.10}')) == "10.10"
    assert str(apply("$.n", '{"n": 0.1234567890123456789012345}')) == "0.1234567890123456789012345"


@pytest.mark.parametrize(
    ("mapping", "data", "expected"),
    [
        ("id $.extra { a }", '{"id": 1, "extra": null}', {"id": 1}),
        ("id ...$.extra { a }", '{"id": 1, "extra": null}', None),
        ("id ...$.extra", '{"id": 1, "extra": {"a": 2, "b": 3}}', {"id": 1, "a": 2, "b": 3}),
    ],
)
def test_merging_null(apply, mapping, data, expected):
    assert apply(mapping, data) == expected


def test_merging_a_list_is_a_problem_and_merges_nothing(attempt):
    assert attempt("id $.rows { a }", '{"id": 1, "rows": [{"a": 1}]}') == ({"id": 1}, ["SPREAD_NOT_OBJECT"])
