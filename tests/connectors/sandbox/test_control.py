import http.client
import json
from typing import Any

import pytest

from connectors.sandbox.__main__ import main

ALEX = "alex.sandberg@sandbox.example"
AUTHORIZE = "/uber/oauth/v2/authorize"
ME = "/uber/v1/partners/me"
TRIPS = "/uber/v1/partners/trips"


@pytest.fixture
def issued(sandbox: Any) -> dict[str, Any]:
    code = sandbox.code(AUTHORIZE, scope="partner.accounts partner.trips")
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1:9/callback"}
    return sandbox.tokens("uber", "/oauth/v2/token", **fields).json


def test_log_tells_every_call_without_credentials(sandbox: Any) -> None:
    before = sandbox.get("/control/state").json["last_seq"]
    code = sandbox.code(AUTHORIZE, scope="partner.trips")
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1:9/callback"}
    token = sandbox.tokens("uber", "/oauth/v2/token", **fields).json["access_token"]
    sandbox.get(f"{TRIPS}?limit=3&access_token={token}", token)
    entries = sandbox.log(platform="uber", since_seq=before)
    assert [entry["seq"] for entry in entries] == [before + 1, before + 2, before + 3]
    assert [(entry["kind"], entry["method"], entry["status"], entry["persona"]) for entry in entries] == [
        ("oauth", "POST", 302, ALEX),
        ("oauth", "POST", 200, ALEX),
        ("api", "GET", 200, ALEX),
    ]
    assert entries[2]["path"] == "/v1/partners/trips?limit=3&access_token=REDACTED"
    everything = json.dumps(sandbox.log())
    assert token not in everything
    assert code not in everything
    assert sandbox.log(platform="uber", since_seq=before, kind="api") == entries[2:]
    assert sandbox.log(platform="upwork", since_seq=before) == []


def test_graphql_calls_are_logged_with_their_operation(sandbox: Any) -> None:
    code = sandbox.code("/upwork/ab/account-security/oauth2/authorize")
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1:9/callback"}
    token = sandbox.tokens("upwork", "/api/v3/oauth2/token", **fields).json["access_token"]
    query = "query Tenant { companySelector { items { title } } }"
    sandbox.post("/upwork/graphql", {"query": query}, Authorization=f"bearer {token}")
    assert sandbox.log(platform="upwork")[-1]["operation"] == "Tenant: companySelector"


def test_switched_off_platform_answers_nothing_but_503(sandbox: Any, issued: dict[str, Any]) -> None:
    assert sandbox.switch("uber", on=False)["switches"]["on"] is False
    for path in (ME, AUTHORIZE):
        answer = sandbox.get(path, issued["access_token"])
        assert (answer.status, answer.body) == (503, b"")
    assert sandbox.log()[-1]["fault"] == "off"
    sandbox.switch("uber", on=True)
    assert sandbox.get(ME, issued["access_token"]).status == 200


def test_errors_come_at_their_rate_and_always_the_same(sandbox: Any, issued: dict[str, Any]) -> None:
    def draw() -> list[int]:
        sandbox.switch("uber", error_rate=0)
        sandbox.switch("uber", error_rate=0.5)
        return [sandbox.get(ME, issued["access_token"]).status for _ in range(20)]

    first = draw()
    assert 4 < first.count(500) < 16
    assert draw() == first


def test_throttle_refuses_every_call(sandbox: Any, issued: dict[str, Any]) -> None:
    sandbox.switch("uber", throttle=True)
    assert sandbox.get(ME, issued["access_token"]).status == 429


def test_drift_renames_response_fields(sandbox: Any, issued: dict[str, Any]) -> None:
    sandbox.switch("uber", drift={"fare": "trip_fare"})
    trip = sandbox.get(f"{TRIPS}?limit=1", issued["access_token"]).json["trips"][0]
    assert "fare" not in trip
    assert trip["trip_fare"] >= 0


def test_retype_changes_the_type_of_values(sandbox: Any, issued: dict[str, Any]) -> None:
    path = f"{TRIPS}?limit=1"
    before = sandbox.get(path, issued["access_token"]).json["trips"][0]
    sandbox.switch("uber", retype=["fare", "trip_id", "status_changes", "pickup"])
    after = sandbox.get(path, issued["access_token"]).json["trips"][0]
    assert after["fare"] == str(before["fare"])
    assert after["trip_id"] == [before["trip_id"]]
    assert json.loads(after["status_changes"]) == before["status_changes"]
    assert after["distance"] == before["distance"]


def test_stuck_paging_never_moves_on(sandbox: Any, issued: dict[str, Any]) -> None:
    sandbox.switch("uber", stuck=True)
    pages = [sandbox.get(f"{TRIPS}?offset={offset}", issued["access_token"]).json for offset in (0, 10, 20)]
    assert pages[0] == pages[1] == pages[2]
    assert sandbox.log()[-1]["fault"] == "stuck"
    sandbox.switch("uber", stuck=False)
    assert sandbox.get(f"{TRIPS}?offset=10", issued["access_token"]).json != pages[0]


def test_redirects_lead_where_told(sandbox: Any, issued: dict[str, Any]) -> None:
    sandbox.switch("uber", redirect_to="http://10.0.0.1/secrets")
    answer = sandbox.get(ME, issued["access_token"])
    assert (answer.status, answer.headers["location"]) == (302, "http://10.0.0.1/secrets")
    assert sandbox.get(AUTHORIZE).status == 400


def test_malformed_body_is_complete_but_no_json(sandbox: Any, issued: dict[str, Any]) -> None:
    sandbox.switch("uber", malformed=True)
    answer = sandbox.get(TRIPS, issued["access_token"])
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        _ = answer.json


def test_cut_body_closes_the_connection_early(sandbox: Any, issued: dict[str, Any]) -> None:
    sandbox.switch("uber", cut_body=True)
    with pytest.raises(http.client.IncompleteRead):
        sandbox.get(TRIPS, issued["access_token"])


def test_huge_body_is_valid_and_unannounced(sandbox: Any, issued: dict[str, Any]) -> None:
    sandbox.switch("uber", huge_body_mib=3)
    answer = sandbox.get(TRIPS, issued["access_token"])
    assert "content-length" not in answer.headers
    assert len(answer.body) > 3 * 1024 * 1024
    assert len(answer.json["trips"]) == 10


def test_latency_delays_the_answer(sandbox: Any, issued: dict[str, Any]) -> None:
    sandbox.switch("uber", latency_ms=1)
    assert sandbox.get(ME, issued["access_token"]).status == 200
    assert sandbox.log()[-1]["fault"] == "latency"


def test_expiring_all_tokens_leaves_refresh(sandbox: Any, issued: dict[str, Any]) -> None:
    sandbox.switch("uber", expire_tokens=True)
    assert sandbox.get(ME, issued["access_token"]).status == 401
    renewed = sandbox.tokens(
        "uber", "/oauth/v2/token", grant_type="refresh_token", refresh_token=issued["refresh_token"]
    )
    assert sandbox.get(ME, renewed.json["access_token"]).status == 200


def test_revoking_a_persona_ends_all_their_tokens(sandbox: Any, issued: dict[str, Any]) -> None:
    assert ALEX in sandbox.state("uber")["connected"]
    state = sandbox.switch("uber", revoke_persona=ALEX)
    assert ALEX not in state["connected"]
    assert sandbox.get(ME, issued["access_token"]).status == 401
    renewed = sandbox.tokens(
        "uber", "/oauth/v2/token", grant_type="refresh_token", refresh_token=issued["refresh_token"]
    )
    assert renewed.json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "change",
    [
        {"off": True},
        {"on": 1},
        {"latency_ms": -1},
        {"latency_ms": True},
        {"error_rate": 1.5},
        {"drift": ["fare"]},
        {"drift": {"fare": "trip fare"}},
        {"huge_body_mib": 99999},
        {"quota": "many"},
        {"retype": "fare"},
        {"stuck": "yes"},
        {"redirect_to": "gopher://x"},
        {"redirect_to": "http://a b"},
        {"expire_tokens": False},
        {"revoke_persona": "nobody"},
        [],
    ],
)
def test_bad_changes_are_refused_whole(sandbox: Any, change: Any) -> None:
    before = sandbox.state("uber")["switches"]
    body = change | {"throttle": True} if isinstance(change, dict) else change
    answer = sandbox.post("/control/platforms/uber", body)
    assert (answer.status, answer.json["error"]["code"]) == (400, "BAD_SWITCH")
    assert sandbox.state("uber")["switches"] == before


def test_unknown_platform_and_broken_json(sandbox: Any) -> None:
    assert sandbox.post("/control/platforms/nowhere", {}).status == 404
    broken = sandbox.ask("POST", "/control/platforms/uber", body=b"{")
    assert broken.json["error"]["code"] == "BAD_SWITCH"
    assert sandbox.get("/control/log?platform=nowhere").status == 400
    assert sandbox.get("/control/log?since_seq=x").status == 400


def test_page_works_with_plain_forms(sandbox: Any, issued: dict[str, Any]) -> None:
    posted = sandbox.form(
        "/control/platforms/uber",
        switches="1",
        latency_ms="5",
        error_rate="",
        drift="fare=trip_fare",
        retype="fare, duration",
        throttle="on",
    )
    assert (posted.status, posted.headers["location"]) == (303, "/control#uber")
    switches = sandbox.state("uber")["switches"]
    assert (switches["latency_ms"], switches["throttle"], switches["malformed"]) == (5, True, False)
    assert switches["drift"] == {"fare": "trip_fare"}
    assert (switches["retype"], switches["redirect_to"]) == (["fare", "duration"], None)
    assert sandbox.form("/control/platforms/uber", power="off").status == 303
    page = sandbox.get("/control").body.decode()
    assert "fare=trip_fare" in page
    assert "Switch on" in page
    assert "<script" not in page
    sandbox.form("/control/platforms/uber", reset="1")
    assert sandbox.state("uber")["switches"]["on"] is True


def test_other_sites_and_other_hosts_are_refused(sandbox: Any) -> None:
    answer = sandbox.post("/control/platforms/uber", {"on": False}, Sec_Fetch_Site="cross-site")
    assert (answer.status, answer.json["error"]["code"]) == (403, "CROSS_SITE")
    assert sandbox.get("/control", Host="sandbox.attacker.example").status == 400


def test_style_sheet_and_front_page(sandbox: Any) -> None:
    assert sandbox.get("/sandbox.css").headers["content-type"].startswith("text/css")
    assert sandbox.get("/").headers["location"] == "/control"


def test_only_loopback_addresses_are_served(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", "0.0.0.0"]) == 2
    assert "not a loopback address" in capsys.readouterr().err
