from typing import Any

import pytest

ALEX = "alex.sandberg@sandbox.example"
SCOPES = "partner.accounts partner.trips partner.payments"


def sign_in(sandbox: Any, login: str = ALEX, scope: str = SCOPES) -> str:
    code = sandbox.code("/uber/oauth/v2/authorize", login, scope=scope)
    answer = sandbox.tokens(
        "uber",
        "/oauth/v2/token",
        grant_type="authorization_code",
        code=code,
        redirect_uri="http://127.0.0.1:9/callback",
    )
    assert answer.status == 200, answer.body
    return answer.json["access_token"]


def test_profile_has_the_documented_fields(sandbox: Any) -> None:
    profile = sandbox.get("/uber/v1/partners/me", sign_in(sandbox)).json
    assert set(profile) == {
        "driver_id", "first_name", "last_name", "email", "phone_number", "picture", "rating",
        "activation_status", "promo_code", "partner_role", "city_name", "city_identifier",
    }  # fmt: skip
    assert profile["driver_id"] == sandbox.account_ids("uber")["driver_id"]
    assert (profile["first_name"], profile["rating"], profile["activation_status"]) == ("Alex", 4.93, "active")


def test_personal_fields_need_their_optional_scopes(sandbox: Any) -> None:
    token = sign_in(sandbox, scope=SCOPES + " partner.accounts.personal_info partner.accounts.compliance_info")
    profile = sandbox.get("/uber/v1/partners/me", token).json
    assert profile["date_of_birth"] == "1990-05-17"
    assert profile["driving_license"]["state"] == "CA"


def test_trips_page_by_offset_and_count_exceeds_limit(sandbox: Any) -> None:
    token = sign_in(sandbox)
    first = sandbox.get("/uber/v1/partners/trips", token).json
    assert (first["limit"], first["offset"], len(first["trips"])) == (10, 0, 10)
    assert 7000 < first["count"] < 9000
    wide = sandbox.get("/uber/v1/partners/trips?limit=20", token).json["trips"]
    second = sandbox.get("/uber/v1/partners/trips?offset=10", token).json
    assert first["trips"] + second["trips"] == wide
    beyond = sandbox.get(f"/uber/v1/partners/trips?offset={first['count']}", token).json
    assert (beyond["trips"], beyond["count"]) == ([], first["count"])


def test_a_completed_trip_is_in_miles_seconds_and_floats(sandbox: Any) -> None:
    trips = sandbox.get("/uber/v1/partners/trips?limit=50", sign_in(sandbox)).json["trips"]
    trip = next(trip for trip in trips if trip["status"] == "completed")
    assert [change["status"] for change in trip["status_changes"]] == [
        "accepted", "driver_arrived", "trip_began", "completed",
    ]  # fmt: skip
    assert trip["duration"] == trip["dropoff"]["timestamp"] - trip["pickup"]["timestamp"]
    assert isinstance(trip["fare"], float)
    assert 0 < trip["distance"] < 42.01
    assert trip["start_city"]["display_name"] == "San Francisco, CA"


def test_time_windows_select_trips(sandbox: Any) -> None:
    token = sign_in(sandbox)
    start, end = 1794000000, 1794604800
    trips = sandbox.get(f"/uber/v1/partners/trips?limit=50&from_time={start}&to_time={end}", token).json["trips"]
    assert trips
    assert all(start <= trip["status_changes"][0]["timestamp"] <= end for trip in trips)


@pytest.mark.parametrize("query", ["limit=51", "limit=0", "limit=x", "offset=-1", "from_time=yesterday"])
def test_bad_trip_parameters_are_422(sandbox: Any, query: str) -> None:
    answer = sandbox.get(f"/uber/v1/partners/trips?{query}", sign_in(sandbox))
    assert answer.status == 422
    assert answer.json["code"] == "validation_failed"


def test_payments_join_trips_and_add_up(sandbox: Any) -> None:
    token = sign_in(sandbox)
    end = 1794604800
    answer = sandbox.get(f"/uber/v1/partners/payments?limit=50&to_time={end}", token).json
    assert answer["count"] >= len(answer["payments"]) > 5
    trips = sandbox.get(f"/uber/v1/partners/trips?limit=50&to_time={end}", token).json["trips"]
    fares = {trip["trip_id"]: trip["fare"] for trip in trips}
    fare_payments = [paid for paid in answer["payments"] if paid["category"] == "fare"]
    joined = [paid for paid in fare_payments if paid["trip_id"] in fares]
    assert joined
    assert all(paid["breakdown"]["other"] == fares[paid["trip_id"]] for paid in joined)
    assert all(paid["amount"] == pytest.approx(sum(paid["breakdown"].values())) for paid in fare_payments)
    assert all(paid["breakdown"]["service_fee"] < 0 for paid in fare_payments)


@pytest.mark.parametrize(
    ("query", "window"),
    [
        ("from_time=1794000000", (1794000000, 1794000000 + 7 * 86400)),
        ("to_time=1794604800", (1794604800 - 7 * 86400, 1794604800)),
        ("from_time=1794000000&to_time=1794864000", (1794000000, 1794864000)),
    ],
)
def test_payments_windows(sandbox: Any, query: str, window: tuple[int, int]) -> None:
    payments = sandbox.get(f"/uber/v1/partners/payments?limit=50&{query}", sign_in(sandbox)).json["payments"]
    assert payments
    assert all(window[0] <= paid["event_time"] <= window[1] for paid in payments)


def test_payments_default_to_five(sandbox: Any) -> None:
    answer = sandbox.get("/uber/v1/partners/payments?to_time=1794604800", sign_in(sandbox)).json
    assert (answer["limit"], len(answer["payments"])) == (5, 5)


def test_payments_window_beyond_ten_days_is_422(sandbox: Any) -> None:
    answer = sandbox.get("/uber/v1/partners/payments?from_time=1794000000&to_time=1794864001", sign_in(sandbox))
    assert answer.status == 422


@pytest.mark.parametrize(
    ("login", "trips", "payments", "status", "rating"),
    [
        ("nia.newcomer@sandbox.example", False, False, "active", None),
        ("flora.fleetwood@sandbox.example", True, False, "active", 4.88),
        ("dario.dormant@sandbox.example", True, False, "inactive", 4.52),
    ],
)
def test_personas_cover_absent_data(
    sandbox: Any, login: str, trips: bool, payments: bool, status: str, rating: float | None
) -> None:
    token = sign_in(sandbox, login)
    profile = sandbox.get("/uber/v1/partners/me", token).json
    assert (profile["activation_status"], profile["rating"]) == (status, rating)
    assert bool(sandbox.get("/uber/v1/partners/trips", token).json["count"]) is trips
    assert bool(sandbox.get("/uber/v1/partners/payments", token).json["count"]) is payments


def test_missing_scope_is_403_and_missing_token_401(sandbox: Any) -> None:
    token = sign_in(sandbox, scope="partner.accounts")
    refused = sandbox.get("/uber/v1/partners/trips", token)
    assert (refused.status, refused.json["code"]) == (403, "forbidden")
    anonymous = sandbox.get("/uber/v1/partners/me")
    assert (anonymous.status, anonymous.json["code"]) == (401, "unauthorized")


def test_rate_limit_is_told_in_headers_and_in_the_documented_body(sandbox: Any) -> None:
    token = sign_in(sandbox)
    sandbox.switch("uber", quota=2)
    first = sandbox.get("/uber/v1/partners/me", token)
    assert (first.headers["x-rate-limit-limit"], first.headers["x-rate-limit-remaining"]) == ("2", "1")
    sandbox.get("/uber/v1/partners/me", token)
    third = sandbox.get("/uber/v1/partners/me", token)
    assert third.status == 429
    assert third.json == {"message": "Exceeded rate limit", "code": "rate_limited"}
    assert third.headers["x-rate-limit-remaining"] == "0"
    other = sandbox.get("/uber/v1/partners/me", sign_in(sandbox))
    assert other.status == 200


def test_unknown_path_has_ubers_envelope(sandbox: Any) -> None:
    answer = sandbox.get("/uber/v1/riders/me", sign_in(sandbox))
    assert (answer.status, answer.json) == (404, {"message": "Not found.", "code": "not_found"})
    assert answer.headers["x-sandbox-fidelity"] == "DOCUMENTED"
