"""Pruning: the wanted fields come out as before, the others are neither computed nor complained about."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mapping import compile_selection, parse_selection

MAPPING = """
id
trip: journey { start: from.at end: to.at kind: type }
$.meta { total: count more }
money: { amount: cost->toString currency }
stops: $(points)->map({ place: @.name, at: @.at })
last: points->last { name }
first: points->map({ name: @.name, at: @.at })->first
either: best { a: x b: y } ?? second { a: x b: y }
state: status->match(["on", { code: 1, text: "on" }], [{ code: 0, text: "off" }])
wrapped: $({ p: id, q: cost })
"""
DATA = {
    "id": 7,
    "journey": {"from": {"at": 1}, "to": {"at": 2}, "type": "x"},
    "meta": {"count": 9, "more": True},
    "cost": 5,
    "currency": "EUR",
    "points": [{"name": "A", "at": 1}, {"name": "B", "at": 2}],
    "best": None,
    "second": {"x": 1, "y": 2},
    "status": "off",
}
SELECTION = parse_selection(MAPPING)
WHOLE, _ = compile_selection(SELECTION)(DATA, {})


def projected(value: Any, only: Any) -> Any:
    if only is None or value is None:
        return value
    if isinstance(value, list):
        return [projected(item, only) for item in value]
    return {name: projected(item, only[name]) for name, item in value.items() if name in only}


def trees(tree: Any) -> st.SearchStrategy[Any]:
    if tree is None:
        return st.none()
    fields = {name: st.one_of(st.none(), trees(inner)) for name, inner in tree.items()}
    return st.fixed_dictionaries({}, optional=fields)


@given(trees(SELECTION.output_fields()))
def test_pruned_is_the_projection_of_the_whole(only):
    assert compile_selection(SELECTION, only)(DATA, {}) == (projected(WHOLE, only), [])


@pytest.mark.parametrize(
    ("only", "paths"),
    [
        ({}, set()),
        ({"id": None}, {("$", "id")}),
        ({"trip": {"end": None}}, {("$", "journey", "to", "at")}),
        ({"more": None}, {("$", "meta", "more")}),
        ({"stops": {"at": None}}, {("$", "points", "at")}),
        ({"state": {"code": None}}, {("$", "status")}),
    ],
)
def test_pruned_reads_less(only, paths):
    assert SELECTION.pruned(only).input_paths() == paths


def test_what_is_pruned_makes_no_problems(attempt):
    mapping = "id total: bill.total { x y: z->size }"
    assert attempt(mapping, '{"id": 1}', None, {"id": None}) == ({"id": 1}, [])
    assert attempt(mapping, '{"id": 1}') == ({"id": 1}, ["MISSING_KEY"])


def test_merged_objects_stay_merged_when_alone(attempt):
    mapping = "id $.extra { a }"
    assert attempt(mapping, '{"id": 1, "extra": null}', None, {"a": None}) == ({}, [])
