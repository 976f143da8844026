import csv
import io
import json
import zipfile
from typing import Any

import pytest

ALEX = "alex.sandberg@sandbox.example"
MIKA = "mika.manytask@sandbox.example"
PRIYA = "priya.parttime@sandbox.example"
NIA = "nia.newcomer@sandbox.example"


def files(sandbox: Any, export: str, login: str) -> dict[str, str]:
    answer = sandbox.get(f"/takeout/{export}/{login}")
    assert (answer.status, answer.headers["x-sandbox-fidelity"]) == (200, "TAKEOUT")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name).decode() for name in packed.namelist()}


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def test_uber_self_service_has_trips_without_ids_and_payments_with(sandbox: Any) -> None:
    found = files(sandbox, "uber-driver", PRIYA)
    assert set(found) == {
        "Uber Data/Driver/driver_lifetime_trips-0.csv",
        "Uber Data/Driver/driver_payments-0.csv",
    }
    trips = rows(found["Uber Data/Driver/driver_lifetime_trips-0.csv"])
    assert len(trips[0]) == 86
    assert not any("uuid" in name or name.endswith("trip_id") for name in trips[0])
    assert list(trips[0])[:4] == ["city_id", "currency_code", "timezone", "flow"]
    payments = rows(found["Uber Data/Driver/driver_payments-0.csv"])
    assert all(payment["trip_uuid"] for payment in payments)


def test_uber_export_tells_the_same_rides_as_the_api(sandbox: Any) -> None:
    code = sandbox.code("/uber/oauth/v2/authorize", PRIYA, scope="partner.trips")
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1:9/callback"}
    token = sandbox.tokens("uber", "/oauth/v2/token", **fields).json["access_token"]
    newest = sandbox.get("/uber/v1/partners/trips?limit=50", token).json
    found = files(sandbox, "uber-driver", PRIYA)
    trips = rows(found["Uber Data/Driver/driver_lifetime_trips-0.csv"])
    assert len(trips) == newest["count"]
    for api, row in zip(newest["trips"], reversed(trips), strict=False):
        assert (api["status"], api["distance"]) == (row["status"], float(row["trip_distance_miles"]))
    fares: dict[str, float] = {}
    for payment in rows(found["Uber Data/Driver/driver_payments-0.csv"]):
        if payment["category"] == "driver_payment_fares":
            fares[payment["trip_uuid"]] = fares.get(payment["trip_uuid"], 0) + float(payment["amount_local"])
    for api in newest["trips"]:
        assert fares.get(api["trip_id"], 0) == pytest.approx(api["fare"], abs=0.001)


def test_uber_on_request_has_semicolons_and_more_tables(sandbox: Any) -> None:
    found = files(sandbox, "uber-driver-on-request", PRIYA)
    assert set(found) == {
        "02 - Driver Lifetime Trips.csv",
        "10 - Driver Online Offline.csv",
        "11 - Driver App Restrictions.csv",
        "14 - Driver Dispatches Offered and Accepted.csv",
        "19a - Driver Payments.csv",
    }
    dispatches = rows(found["14 - Driver Dispatches Offered and Accepted.csv"], ";")
    trips = rows(found["02 - Driver Lifetime Trips.csv"], ";")
    assert sum(int(row["accepts"]) for row in dispatches) == len(trips)
    for row in dispatches:
        assert int(row["dispatches"]) == sum(int(row[name]) for name in ("accepts", "rejections", "expireds"))
    states = rows(found["10 - Driver Online Offline.csv"], ";")
    assert {row["earner_state"] for row in states} == {"open", "enroute", "ontrip"}
    payments = rows(found["19a - Driver Payments.csv"], ";")
    assert "trip_uuid" not in payments[0]
    assert payments[0]["recognize_timestamp_local"][10] == " "


def test_fleet_drivers_export_has_no_payments(sandbox: Any) -> None:
    found = files(sandbox, "uber-driver", "flora.fleetwood@sandbox.example")
    assert rows(found["Uber Data/Driver/driver_payments-0.csv"]) == []


def test_uber_eats_mixes_miles_and_kilometres(sandbox: Any) -> None:
    (name, text), *rest = files(sandbox, "uber-eats", MIKA).items()
    assert (name, rest) == ("31 - Courier Lifetime Trip Data.csv", [])
    done = [row for row in rows(text, ";") if row["delivery_status"] == "completed"]
    assert len(done) > 500
    for row in done:
        miles, kilometres = float(row["courier_begintrip_to_dropoff_miles"]), float(row["dropoff_delivery_distance_km"])
        assert kilometres == pytest.approx(miles * 1.609344, abs=0.015)


def test_doordash_has_times_without_zone_and_no_earnings(sandbox: Any) -> None:
    table = rows(files(sandbox, "doordash", MIKA)["dasher_delivery_information.csv"])
    assert list(table[0]) == [
        "ORDER_CREATED_TIME", "ORDER_STATUS", "ACTUAL_PICKUP_TIME", "ACTUAL_DELIVERY_TIME", "STORE_NAME",
    ]  # fmt: skip
    assert {row["ORDER_STATUS"] for row in table} == {"delivered", "cancelled"}
    assert all(len(row["ORDER_CREATED_TIME"].rpartition(".")[2]) == 9 for row in table)


def test_wolt_has_two_tasks_for_each_delivery(sandbox: Any) -> None:
    table = rows(files(sandbox, "wolt", MIKA)["courier_tasks.csv"])
    assert "Task creation time " in table[0]
    kinds = [row["Is pickup task"] for row in table]
    assert kinds == ["true", "false"] * (len(kinds) // 2)


def test_mturk_export_pages_add_up(sandbox: Any) -> None:
    found = {name: json.loads(text) for name, text in files(sandbox, "mturk", ALEX).items()}
    days = found.pop("dashboard.json")["daily_hit_statistics_overview"]
    assert sum(day["submitted"] for day in days) == sum(page["num_results"] for page in found.values()) > 30


@pytest.mark.parametrize("export", ["uber-driver", "uber-eats", "doordash", "wolt", "mturk"])
def test_newcomers_exports_are_empty_but_whole(sandbox: Any, export: str) -> None:
    found = files(sandbox, export, NIA)
    assert found
    for name, text in found.items():
        if name.endswith(".csv"):
            assert len(text.splitlines()) == 1


def test_the_same_export_twice_is_the_same_bytes(sandbox: Any) -> None:
    assert sandbox.get(f"/takeout/wolt/{PRIYA}").body == sandbox.get(f"/takeout/wolt/{PRIYA}").body


def test_page_and_unknown_exports(sandbox: Any) -> None:
    assert b"/takeout/uber-driver/alex.sandberg@sandbox.example" in sandbox.get("/takeout").body
    assert sandbox.get("/takeout/glovo/x").status == 404
    assert sandbox.get("/takeout/wolt/nobody").status == 404
