"""What was cut from a fetch stands in `provenance { missing }` of the closest object that was asked for it."""

from typing import Any

import pytest
from graphql import parse

from gateway.server.not_consented import note_not_consented


def noted(query: str, data: Any, *paths: list[str | int], base: Any = ()) -> Any:
    """The data after these paths were cut."""
    note_not_consented(parse(query), None, base, data, paths)
    return data


def entry(field: str, reason: str = "NOT_CONSENTED") -> dict[str, str]:
    return {"field": field, "reason": reason}


GIG = "{ gig { pay place { city point } provenance { missing { field reason } } } }"


def test_refused_field_is_added_to_what_the_connector_said() -> None:
    data = {"gig": {"pay": None, "place": None, "provenance": {"missing": [entry("title", "NOT_SUPPORTED")]}}}
    assert noted(GIG, data, ["gig", "pay"])["gig"]["provenance"]["missing"] == [
        entry("title", "NOT_SUPPORTED"),
        entry("pay"),
    ]


def test_field_further_down_has_the_names_that_it_stands_in() -> None:
    data = {"gig": {"pay": 1, "place": {"city": "Lund", "point": None}, "provenance": {"missing": []}}}
    assert noted(GIG, data, ["gig", "place", "point"])["gig"]["provenance"]["missing"] == [entry("place.point")]


@pytest.mark.parametrize("path", [["gigs", "pay"], ["gigs", 0, "pay"]])
def test_path_without_an_index_means_every_object_of_a_list(path: list[str | int]) -> None:
    query = "{ gigs { pay provenance { missing { field reason } } } }"
    data = {"gigs": [{"pay": None, "provenance": {"missing": []}} for _ in range(2)]}
    found = [each["provenance"]["missing"] for each in noted(query, data, path)["gigs"]]
    assert found == [[entry("pay")], [entry("pay")] if len(path) == 2 else []]


def test_aliases_and_fragments_are_the_clients() -> None:
    query = """query { mine: gig { ...G } }
    fragment G on Gig { wage: pay ... on Gig { from: provenance { ...M } } }
    fragment M on Provenance { gone: missing { __typename what: field why: reason } }"""
    data = {"mine": {"wage": None, "from": {"gone": []}}}
    assert noted(query, data, ["mine", "wage"])["mine"]["from"]["gone"] == [
        {"__typename": "Missing", "what": "pay", "why": "NOT_CONSENTED"}
    ]


def test_object_that_stands_at_two_places_is_not_changed_behind_its_back() -> None:
    shared = {"missing": list[Any]()}
    data = {"a": {"pay": None, "provenance": shared}, "b": {"pay": 1, "provenance": shared}}
    inner = "gig { pay provenance { missing { field reason } } }"
    noted(f"{{ a: {inner} b: {inner} }}", data, ["a", "pay"])
    assert (data["a"]["provenance"]["missing"], data["b"]["provenance"]["missing"]) == ([entry("pay")], [])  # type: ignore[index]


def test_closest_object_says_it_and_nobody_where_nobody_was_asked() -> None:
    query = "{ gigs { provenance { missing { field reason } } nodes { pay rating { text } } } }"
    data = {"gigs": {"provenance": {"missing": []}, "nodes": [{"pay": 1, "rating": None}]}}
    noted(query, data, ["gigs", "nodes", 0, "rating", "text"])
    assert data["gigs"]["provenance"] == {"missing": [entry("nodes.rating.text")]}
    silent = {"gig": {"pay": None}}
    assert noted("{ gig { pay } }", silent, ["gig", "pay"]) == {"gig": {"pay": None}}


def test_values_that_are_there_are_left_alone() -> None:
    there = {"gig": {"pay": 1, "place": None, "provenance": {"missing": []}}}
    assert noted(GIG, there, ["gig", "pay"])["gig"]["provenance"]["missing"] == []
    assert noted(GIG, there, ["gig", "nothing"])["gig"]["provenance"]["missing"] == []


def test_deferred_part_stands_where_it_belongs() -> None:
    query = "{ gigs { ... @defer { pay provenance { missing { field reason } } } } }"
    part = {"pay": None, "provenance": {"missing": []}}
    noted(query, part, ["gigs", 3, "pay"], ["gigs", 2, "pay"], base=["gigs", 3])
    assert part["provenance"] == {"missing": [entry("pay")]}
