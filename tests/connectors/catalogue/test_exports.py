"""Exports as they are: mixed units, times without a zone, records without ids, other delimiters and encodings."""

import io
import zipfile
from typing import Any

import pytest

ALEX, MIKA = "alex.sandberg@sandbox.example", "mika.manytask@sandbox.example"
GIGS = """engagements(first: 20) { totalCount edges { node { ref kind status period { start end } duration { seconds }
  distance { native nativeUnit meters } counterparty { pseudonym } place { city point { latitude } } } } }"""


def table(header: str, *rows: str, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """One CSV file, written with commas here."""
    return "\n".join([header, *rows, ""]).replace(",", delimiter).encode(encoding)


def zipped(name: str, content: bytes) -> bytes:
    """An archive of one file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return target.getvalue()


def read(in_world: Any, platform: str, upload: bytes) -> list[dict[str, Any]]:
    """The engagements of an export that was uploaded on the page."""

    async def test(world: Any) -> Any:
        sent = await world.upload(platform, upload)
        assert sent.status_code == 303, sent.text
        (account,) = world.platforms.accounts.of_worker("worker-1")
        return await world.read(platform, account.id, GIGS)

    answer = in_world(test)
    assert "errors" not in answer, answer
    return [edge["node"] for edge in answer["data"]["_entities"][0]["engagements"]["edges"]]


EATS = (
    "city_name,courier_accept_timestamp_utc,courier_begintrip_to_dropoff_miles,courier_begintrip_to_dropoff_seconds,"
    "delivery_status,dropoff_delivery_distance_km"
)


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8"), (";", "utf-16"), ("\t", "cp1252")])
def test_miles_beside_kilometers_are_read_as_miles(in_world: Any, delimiter: str, encoding: str) -> None:
    row = "Malmö,2026-03-01T18:20:00Z,1.5,480,completed,2.414"
    content = table(EATS, row, delimiter=delimiter, encoding=encoding)
    (gig,) = read(in_world, "uber_eats_takeout", zipped("courier lifetime trip data-0.csv", content))
    assert gig["distance"] == {"native": "1.5", "nativeUnit": "mi", "meters": "2414.016"}
    assert gig["place"] == {"city": "Malmö", "point": None}
    assert (gig["duration"], gig["status"]) == ({"seconds": 480}, "COMPLETED")


def test_deliveries_without_id_or_zone_have_a_name_and_a_moment(in_world: Any) -> None:
    rows = (
        "2026-03-01 18:20:00,delivered,2026-03-01 18:31:00,2026-03-01 18:50:00,Soup & Co",
        "2026-03-02 12:00:00,cancelled,,,Soup & Co",
    )
    header = "ORDER_CREATED_TIME,ORDER_STATUS,ACTUAL_PICKUP_TIME,ACTUAL_DELIVERY_TIME,STORE_NAME"
    second, first = read(in_world, "doordash", zipped("dasher_delivery_information.csv", table(header, *rows)))
    assert first["period"] == {"start": "2026-03-01T18:31:00Z", "end": "2026-03-01T18:50:00Z"}
    assert (first["status"], second["status"]) == ("COMPLETED", "CANCELLED")
    assert first["ref"] != second["ref"]
    assert first["counterparty"] == second["counterparty"]
    assert "Soup" not in str(first)


def test_two_tasks_are_one_delivery(in_world: Any) -> None:
    header = (
        "Task creation time ,Task completion time,Is pickup task,Completed with vehicle type,Arrived at,Started at,"
        "Arrival time,Departed at"
    )
    at = [f"2026-03-01T18:{minute}:00Z" for minute in (10, 20, 30, 40)]
    rows = [f"{at[0]},{at[1]},true,BICYCLE,{at[1]},{at[0]},{at[1]},{at[1]}",
            f"{at[0]},{at[3]},false,BICYCLE,{at[3]},{at[2]},{at[3]},{at[3]}"]  # fmt: skip
    (gig,) = read(in_world, "wolt", zipped("courier_tasks.csv", table(header, *rows)))
    assert gig["period"] == {"start": at[2], "end": at[3]}


def test_exports_of_a_driver_agree_whatever_their_delimiter(in_world: Any) -> None:
    async def test(world: Any) -> Any:
        found = []
        for export in ("uber-driver", "uber-driver-on-request"):
            sent = await world.upload("uber_takeout", await world.export(export, ALEX))
            assert sent.status_code == 303, sent.text
            (account,) = world.platforms.accounts.of_worker("worker-1")
            answer = await world.read("uber_takeout", account.id, GIGS)
            assert "errors" not in answer
            found.append(answer["data"]["_entities"][0]["engagements"]["edges"])
        return found

    own, requested = in_world(test)
    assert own[0]["node"]["period"] == requested[0]["node"]["period"]
    assert {edge["node"]["distance"]["nativeUnit"] for edge in own if edge["node"]["distance"]} == {"mi"}
