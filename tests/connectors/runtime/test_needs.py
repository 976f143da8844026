"""What answering a field reads: no more than is asked for, and all that computing it takes."""

from copy import deepcopy
from typing import Any

import pytest

from connectors.catalogue import built_in
from connectors.runtime.field_tree import Tree, merge
from connectors.runtime.needs import (
    CREDENTIAL_TREE,
    EXPERIENCE_TREE,
    PAID_WORK_TREE,
    PAYMENT_TREE,
    PLACING,
    RATING_TREE,
    asked_of,
)

DEFINITIONS = {each.name: each.definition for each in built_in()}
RATING: Tree = {"ratings": {"normalized": None}}


def node(fields: Tree) -> Tree:
    """A question for fields of engagements."""
    return {"engagements": {"edges": {"node": fields}}}


@pytest.mark.parametrize(
    ("platform", "connect", "fields", "expected"),
    [
        ("upwork", "person", {"profile": {"displayName": None}}, {"profile": {"displayName": None}}),
        ("upwork", "person", {"availability": {"capacity": None}}, {}),
        (
            "upwork",
            "person",
            RATING,
            {
                "ratings": {
                    "normalized": None,
                    "value": None,
                    "scheme": {"min": None, "max": None, "higherIsBetter": None},
                }
            },
        ),
        ("upwork", "history", node({"title": None}), {"engagements": {**PLACING, "title": None}}),
        ("upwork", "history", {"engagements": {"totalCount": None}}, {"engagements": PLACING}),
        ("upwork", "history", {"experience": {"completed": None}}, {"engagements": EXPERIENCE_TREE}),
        ("upwork", "history", {"earnings": {"total": None}}, {"engagements": {**PLACING, "earnings": None}}),
        (
            "upwork",
            "person",
            {"evidence": {"platform": None}},
            {"ratings": RATING_TREE, "credentials": CREDENTIAL_TREE, "terms": None},
        ),
        ("upwork", "history", {"paidWork": {"hours": None}}, {"engagements": PAID_WORK_TREE}),
        ("uber", "payments", {"paidWork": {"hours": None}}, {"payments": PAYMENT_TREE}),
        ("fiverr", "transactions", {"paidWork": {"hours": None}}, {}),
        ("uber", "payments", node({"title": None}), {}),
        ("uber", "payments", node({"earnings": {"amount": None}}), {"payments": PAYMENT_TREE}),
        ("uber", "payments", {"earnings": {"total": None}}, {"payments": PAYMENT_TREE}),
        ("uber", "trips", {"earnings": {"total": None}}, {}),
        # One object is kept for each value of `by`, so that is read even where nobody asked for it.
        ("uber", "trips", {"vehicles": {"trips": None}}, {"vehicles": {"trips": None, "ref": None}}),
        ("mturk_requester", "hits", node({"title": None}), {"hits": None}),
        ("mturk_requester", "hits", {"credentials": {"name": None}}, {}),
    ],
)
def test_endpoint_is_asked_for_what_a_field_reads(platform: str, connect: str, fields: Tree, expected: Any) -> None:
    definition = DEFINITIONS[platform]
    (asked,) = (each for each in definition.connects if each.id == connect)
    assert asked_of(asked, fields, definition) == expected


def test_field_that_needs_everything_is_not_narrowed_by_one_that_needs_less() -> None:
    (history,) = (each for each in DEFINITIONS["upwork"].connects if each.id == "history")
    narrow, wide = node({"earnings": {"amount": None}, "occupation": {"code": None}}), {"earnings": {}, "evidence": {}}
    for question in ({**narrow, **wide}, {**wide, **narrow}):
        (read,) = asked_of(history, question, DEFINITIONS["upwork"]).values()
        assert read is not None
        assert (read["earnings"], read["occupation"]) == (None, None)


def test_merging_leaves_what_was_merged_as_it_was() -> None:
    before = deepcopy(RATING_TREE)
    tree: Tree = {}
    merge(tree, {"ratings": RATING_TREE})
    merge(tree, {"ratings": {"scheme": {"platform": None}, "text": None}})
    assert before == RATING_TREE
    assert tree == {"ratings": {**RATING_TREE, "scheme": {**before["scheme"], "platform": None}, "text": None}}  # type: ignore[dict-item]
