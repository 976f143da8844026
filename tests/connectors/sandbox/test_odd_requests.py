"""Whatever a caller sends, a platform answers in its own words and never fails."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

odd_texts = st.one_of(
    st.sampled_from(["", "-1", "0", "9" * 5000, "1e9", "null", "٣", "²", "2026-02-30", "NaN", "\x00", "a=b&c"]),
    st.text(max_size=12),
    st.integers().map(str),
)
odd_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
relaxed = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

BOLT = "/bolt/fleet-integration-gateway/fleetIntegration/v1"


SIGN_IN = {
    "uber": ("/oauth/v2/authorize", "/oauth/v2/token", {"scope": "partner.trips partner.payments"}),
    "freelancer": ("/oauth/authorise", "/oauth/token", {"advanced_scopes": "2 6"}),
    "lyft": ("/oauth/authorize", "/oauth/token", {"scope": "driver.rides.read"}),
    "instawork": ("/oauth/authorize", "/oauth/token", {"scope": "pro.shifts"}),
    "fiverr": ("/oauth/authorize", "/oauth/token", {}),
    "gigster": ("/oauth/authorize", "/oauth/token", {}),
    "business_talent_group": ("/oauth/authorize", "/oauth/token", {}),
    "creatorup": ("/oauth/authorize", "/oauth/token", {}),
    "taskrabbit": ("/authorize", "/oauth/token", {"scope": "tasker:jobs"}),
    "upwork": ("/ab/account-security/oauth2/authorize", "/api/v3/oauth2/token", {}),
    "github_sponsors": ("/login/oauth/authorize", "/login/oauth/access_token", {}),
}


def token_at(sandbox: Any, platform: str) -> str:
    """Return an access token, whatever the platform's OAuth looks like; none where there is no OAuth."""
    fields = {"client_id": "gigway-sandbox", "client_secret": f"sandbox-secret-{platform}"}
    if platform == "bolt":
        token_path = "/token"
        fields["grant_type"] = "client_credentials"
    elif platform in SIGN_IN:
        authorize, token_path, query = SIGN_IN[platform]
        login = sandbox.state(platform)["personas"][0]["login"]
        code = sandbox.code(f"/{platform}{authorize}", login, **query)
        callback = {"redirect_uri": "http://127.0.0.1:9/callback", "grant_type": "authorization_code"}
        fields |= callback | {"code": code}
    else:
        return ""
    return sandbox.form(f"/{platform}{token_path}", {"Accept": "application/json"}, **fields).json["access_token"]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/uber/v1/partners/trips", ("offset", "limit", "from_time", "to_time")),
        ("/uber/v1/partners/payments", ("offset", "limit", "from_time", "to_time")),
        ("/freelancer/api/projects/0.1/reviews/", ("to_users[]", "limit", "offset", "ratings")),
        ("/lyft/v1/rides", ("start_time", "end_time", "limit")),
        ("/instawork/v1/pros/me/shifts", ("limit", "cursor")),
        ("/fiverr/perseus/financial-dashboard/api/earnings/transactions", ("after",)),
        ("/gigster/v1/me/gigs", ("cursor",)),
        ("/business_talent_group/statements/engagements", ("format", "year")),
        ("/creatorup/api/projects", ("page",)),
    ],
)
def test_odd_queries(sandbox: Any, path: str, names: tuple[str, ...]) -> None:
    platform = path.split("/")[1]
    token = token_at(sandbox, platform)
    sandbox.switch(platform, quota=1_000_000)

    @relaxed
    @given(st.fixed_dictionaries({}, optional=dict.fromkeys(names, odd_texts)))
    def ask(query: dict[str, str]) -> None:
        headers = {"Authorization": f"Bearer {token}", "Freelancer-OAuth-V1": token}
        answer = sandbox.ask("GET", f"{path}?{urlencode(query, quote_via=quote)}", headers=headers)
        assert answer.status < 500, answer.body

    ask()


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (f"{BOLT}/getFleetOrders", ("company_ids", "start_ts", "end_ts", "offset", "limit", "time_range_filter_type")),
        (f"{BOLT}/getDrivers", ("company_id", "offset", "limit")),
        ("/taskrabbit/2025-12/taskers/me/jobs/list", ("page", "per_page", "completed_after")),
        ("/open_platforms/api/ExportData", ("PlatformToken", "UserEmail", "RequestId")),
        ("/control/platforms/uber", ("on", "latency_ms", "error_rate", "drift", "revoke_persona", "expire_tokens")),
    ],
)
def test_odd_bodies(sandbox: Any, path: str, names: tuple[str, ...]) -> None:
    platform = path.split("/")[1]
    token = token_at(sandbox, platform)
    if platform != "control":
        sandbox.switch(platform, quota=1_000_000)
    bodies = st.one_of(st.fixed_dictionaries({}, optional=dict.fromkeys(names, odd_json)), odd_json)

    @relaxed
    @given(bodies.filter(lambda body: not (isinstance(body, dict) and body.get("latency_ms"))))
    def ask(body: Any) -> None:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        answer = sandbox.ask("POST", path, headers=headers, body=json.dumps(body).encode())
        assert answer.status < 500, answer.body

    ask()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b'{"query": null}',
        b'{"query": "' + b"{a" * 4000 + b'"}',
        b'{"query": "{a}", "variables": 1}',
    ],
)
@pytest.mark.parametrize("platform", ["upwork", "github_sponsors"])
def test_odd_graphql_requests_are_400(sandbox: Any, platform: str, body: bytes) -> None:
    headers = {"Authorization": f"bearer {token_at(sandbox, platform)}"}
    answer = sandbox.ask("POST", f"/{platform}/graphql", headers=headers, body=body)
    assert (answer.status, list(answer.json)) == (400, ["errors"])


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"\xff=%zz&grant_type"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("application/json", b"{}"),
    ],
)
@pytest.mark.parametrize(
    "path", ["/uber/oauth/v2/token", "/uber/oauth/v2/revoke", "/mturk/signin", "/control/platforms/uber"]
)
def test_odd_forms(sandbox: Any, path: str, content_type: str, body: bytes) -> None:
    answer = sandbox.ask("POST", path, headers={"Content-Type": content_type}, body=body)
    assert answer.status < 500
