from typing import Any

import pytest

BASE = "/bolt/fleet-integration-gateway/fleetIntegration/v1"
COMPANY = 70011
END = 1794614400


def token(sandbox: Any) -> str:
    answer = sandbox.tokens("bolt", "/token", grant_type="client_credentials", scope="fleet-integration:api")
    assert answer.json["expires_in"] == 600
    assert "refresh_token" not in answer.json
    return answer.json["access_token"]


def call(sandbox: Any, method: str, bearer: str, **body: Any) -> Any:
    answer = sandbox.post(f"{BASE}/{method}", body, Authorization=f"Bearer {bearer}")
    assert answer.status == 200
    return answer.json


def orders(sandbox: Any, bearer: str, **body: Any) -> Any:
    known = {"company_ids": [COMPANY], "start_ts": END - 14 * 86400, "end_ts": END, "offset": 0, "limit": 1000}
    return call(sandbox, "getFleetOrders", bearer, **(known | body))


def test_fleet_sees_its_company_and_all_its_drivers(sandbox: Any) -> None:
    bearer = token(sandbox)
    assert sandbox.get(f"{BASE}/getCompanies", bearer).json["data"] == {"company_ids": [COMPANY]}
    drivers = call(sandbox, "getDrivers", bearer, company_id=COMPANY)["data"]["drivers"]
    states = {driver["email"]: driver["state"] for driver in drivers}
    assert states["dario.dormant@sandbox.example"] == "suspended"
    assert states["flora.fleetwood@sandbox.example"] == "active"
    assert next(driver for driver in drivers if driver["first_name"] == "Nia")["driver_rating"] is None
    assert len(call(sandbox, "getVehicles", bearer, company_id=COMPANY)["data"]["vehicles"]) == 5


def test_orders_page_up_to_their_total(sandbox: Any) -> None:
    bearer = token(sandbox)
    whole = orders(sandbox, bearer)["data"]
    assert len(whole["orders"]) == whole["total_orders"] > 60
    first = orders(sandbox, bearer, limit=40)["data"]
    rest = orders(sandbox, bearer, limit=1000, offset=40)["data"]
    assert first["orders"] + rest["orders"] == whole["orders"]
    assert first["total_orders"] == whole["total_orders"]


def test_net_earnings_add_up(sandbox: Any) -> None:
    found = orders(sandbox, token(sandbox), time_range_filter_type="price_review")["data"]["orders"]
    assert {order["payment_method"] for order in found} == {"cash", "card"}
    for order in found:
        price = order["order_price"]
        gross = price["ride_price"] + price["cancellation_fee"] + price["toll_fee"] + price["tip"]
        assert price["net_earnings"] == pytest.approx(gross - price["commission"], abs=0.005)
    finished = next(order for order in found if order["order_status"] == "finished")
    assert finished["order_pickup_timestamp"] < finished["order_drop_off_timestamp"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"limit": 1001}, "INVALID_PAGE"),
        ({"start_ts": END - 16 * 86400}, "TIME_RANGE_TOO_WIDE"),
        ({"start_ts": END + 1}, "INVALID_TIME_RANGE"),
        ({"company_ids": [1]}, "COMPANY_NOT_FOUND"),
        ({"time_range_filter_type": "any"}, "INVALID_TIME_RANGE_FILTER_TYPE"),
    ],
)
def test_business_errors_are_http_200(sandbox: Any, change: dict[str, Any], message: str) -> None:
    assert orders(sandbox, token(sandbox), **change) == {"code": 702, "message": message}


def test_token_lives_ten_minutes(sandbox: Any, clock: Any) -> None:
    bearer = token(sandbox)
    clock.advance(599)
    assert sandbox.get(f"{BASE}/getCompanies", bearer).status == 200
    clock.advance(1)
    assert sandbox.get(f"{BASE}/getCompanies", bearer).status == 401


def test_a_server_error_is_http_200_too(sandbox: Any) -> None:
    bearer = token(sandbox)
    sandbox.switch("bolt", error_rate=1)
    answer = sandbox.get(f"{BASE}/getCompanies", bearer)
    assert (answer.status, answer.json["code"]) == (200, 1000)


def test_state_logs_alternate(sandbox: Any) -> None:
    window = {"start_ts": END - 86400, "end_ts": END}
    data = call(sandbox, "getFleetStateLogs", token(sandbox), company_id=COMPANY, **window)["data"]
    assert {log["state"] for log in data["state_logs"]} == {"has_order", "waiting_orders"}


def test_answers_say_that_they_are_observed(sandbox: Any) -> None:
    assert sandbox.get(f"{BASE}/getCompanies", token(sandbox)).headers["x-sandbox-fidelity"] == "OBSERVED"
