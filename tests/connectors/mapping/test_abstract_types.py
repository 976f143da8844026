"""`... discriminator->match([kind, { __typename: … }])`: concrete types from data."""

import pytest

from connectors.mapping import parse_selection

MAPPING = """
$.results {
  id
  ... kind->match(
    ["ride", { __typename: "Ride", meters: distance }],
    ["shift", { __typename: "Shift", hours }],
    [@, null]
  )
}
"""
DATA = """{"results": [
  {"id": 1, "kind": "ride", "distance": 900},
  {"id": 2, "kind": "shift", "hours": 4},
  {"id": 3, "kind": "dance"}
]}"""


def test_each_element_takes_the_fields_of_its_arm(apply):
    assert apply(MAPPING, DATA) == [
        {"id": 1, "__typename": "Ride", "meters": 900},
        {"id": 2, "__typename": "Shift", "hours": 4},
        None,
    ]


def test_without_a_default_the_shared_fields_stay_and_a_problem_tells(attempt):
    value, problems = attempt(MAPPING.replace("[@, null]", ""), DATA)
    assert value[2] == {"id": 3}
    assert problems == ["NO_MATCH"]


def test_the_spread_without_a_discriminator(apply):
    mapping = """... $(radius ?? "none")->match(
      ["none", { __typename: "Rectangle", width }], [@, { __typename: "Circle", radius }])"""
    assert apply(mapping, '[{"radius": 2}, {"width": 3}]') == [
        {"__typename": "Circle", "radius": 2},
        {"__typename": "Rectangle", "width": 3},
    ]


def test_the_fields_of_all_arms_are_known(apply):
    selection = parse_selection(MAPPING)
    assert selection.output_fields() == {"id": None, "__typename": None, "meters": None, "hours": None}
    assert {("$", "results", "kind"), ("$", "results", "hours")} <= selection.input_paths()


@pytest.mark.parametrize("only", [{"id": None}, {"hours": None}])
def test_pruning_leaves_typename_and_null_alone(apply, only):
    pruned = apply(MAPPING, DATA, None, only)
    whole = apply(MAPPING, DATA)
    assert pruned == [
        {key: item for key, item in row.items() if key in {*only, "__typename"}} if row else None for row in whole
    ]
