"""`provenance { missing }`: why a value is null although nothing failed, and where something did."""

from typing import Any

import pytest

from connectors.mapping.shape import ListShape, ObjectShape, OneOfShape, ScalarShape
from connectors.runtime.missing import ANYTHING, Supply, supply_of

ALEX = "alex.sandberg@sandbox.example"
PRIYA = "priya.parttime@sandbox.example"


def reasons(provenance: Any) -> dict[str, str]:
    """The reasons of a provenance, by field."""
    return {each["field"]: each["reason"] for each in provenance["missing"]}


def entity(answer: Any) -> Any:
    """The one entity of an answer."""
    return answer["data"]["_entities"][0]


def test_fields_that_no_mapping_gives_are_not_supported(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber", ALEX)
        return await world.read(
            "uber",
            account_id,
            "profile { displayName headline city countryCode provenance { missing { field reason } } } "
            "engagements(first: 1) { edges { node { title counterparty { kind } place { city countryCode "
            "point { latitude } } distance { meters } provenance { missing { field reason } } } } }",
        )

    found = entity(in_world(test))
    assert reasons(found["profile"]["provenance"]) == {"headline": "NOT_SUPPORTED", "countryCode": "NOT_SUPPORTED"}
    assert reasons(found["engagements"]["edges"][0]["node"]["provenance"]) == {
        "title": "NOT_SUPPORTED",
        "counterparty": "NOT_SUPPORTED",
        "place.countryCode": "NOT_SUPPORTED",
        "place.point": "NOT_SUPPORTED",
    }


def test_fields_that_the_platform_left_empty_are_not_returned(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("open_platforms", ALEX)
        return await world.read(
            "open_platforms",
            account_id,
            "engagements(first: 50) { edges { node { period { start timezone } counterparty { kind } "
            "provenance { missing { field reason } } } } }",
        )

    found = [reasons(edge["node"]["provenance"]) for edge in entity(in_world(test))["engagements"]["edges"]]
    assert {each["period.timezone"] for each in found} == {"NOT_SUPPORTED"}
    assert {each.get("period.start") for each in found} == {None, "NOT_RETURNED"}
    assert {each.get("counterparty") for each in found} == {None, "NOT_RETURNED"}


def test_what_is_somebody_elses_is_redacted(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("upwork", PRIYA)
        return await world.read(
            "upwork",
            account_id,
            "engagements(first: 100) { edges { node { ratings { text provenance { missing { field reason } } } "
            "provenance { missing { field reason } } } } }",
        )

    answer = in_world(test)
    assert "errors" not in answer
    nodes = [edge["node"] for edge in entity(answer)["engagements"]["edges"]]
    suppressed = [node for node in nodes if reasons(node["provenance"]).get("ratings") == "REDACTED_THIRD_PARTY"]
    assert suppressed
    assert all(node["ratings"] == [] for node in suppressed)
    private = [rating for node in nodes for rating in node["ratings"] if rating["text"] is None]
    assert {reasons(rating["provenance"])["text"] for rating in private} <= {"REDACTED_THIRD_PARTY", "NOT_RETURNED"}


def test_what_failed_has_its_reason_beside_its_error(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber", ALEX)
        await world.control("uber", drift={"payments": "disbursements"})
        return await world.read(
            "uber",
            account_id,
            "engagements(first: 1) { edges { node { earnings { amount } provenance { missing { field reason } } } } }",
        )

    answer = in_world(test)
    (edge,) = entity(answer)["engagements"]["edges"]
    assert answer["errors"][0]["extensions"]["code"] == "UPSTREAM_MALFORMED"
    assert edge["node"]["earnings"] is None
    assert reasons(edge["node"]["provenance"]) == {"earnings": "UPSTREAM_ERROR"}


def test_folded_numbers_say_what_was_not_computed(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        account_id = await world.link("uber", ALEX)
        return await world.read(
            "uber",
            account_id,
            "experience { completed reliability { onTimeRate { value } } provenance { missing { field reason } } }",
        )

    (summary,) = entity(in_world(test))["experience"]
    expected = {} if summary["reliability"] is not None else {"reliability": "NOT_SUPPORTED"}
    assert expected.items() <= reasons(summary["provenance"]).items()


@pytest.mark.parametrize(
    ("shape", "supply"),
    [
        (ScalarShape(type="string"), ANYTHING),
        (ObjectShape(fields={"a": ScalarShape(type="string")}), Supply(fields={"a": ANYTHING})),
        (ObjectShape(fields={}, open=True), ANYTHING),
        (ListShape(of=ObjectShape(fields={})), Supply(fields={})),
        (
            OneOfShape(shapes=(ScalarShape(type="null"), ObjectShape(fields={"a": ObjectShape(fields={})}))),
            Supply(fields={"a": Supply(fields={})}),
        ),
        (
            OneOfShape(
                shapes=(
                    ObjectShape(fields={"a": ScalarShape(type="string")}),
                    ObjectShape(fields={"b": ScalarShape(type="string")}),
                )
            ),
            Supply(fields={"a": ANYTHING, "b": ANYTHING}),
        ),
    ],
)
def test_supply_is_read_off_the_shape_of_a_mapping(shape: Any, supply: Supply) -> None:
    assert supply_of(shape) == supply
