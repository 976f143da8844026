from typing import Any
from urllib.parse import parse_qs

import pytest

ALEX = "alex.sandberg@sandbox.example"
TOKEN = "/login/oauth/access_token"
SPONSORS = """query ($first: Int, $after: String, $private: Boolean, $active: Boolean) { viewer {
  sponsorshipsAsMaintainer(first: $first, after: $after, includePrivate: $private, activeOnly: $active) {
    totalCount totalRecurringMonthlyPriceInCents pageInfo { hasNextPage endCursor }
    nodes { id isActive isOneTimePayment privacyLevel tier { monthlyPriceInCents isOneTime }
      sponsorEntity { __typename ... on User { login } ... on Organization { login } } } } } }"""


def sign_in(sandbox: Any, login: str = ALEX, scope: str = "read:user") -> str:
    code = sandbox.code("/github_sponsors/login/oauth/authorize", login, scope=scope)
    fields = {"code": code, "redirect_uri": "http://127.0.0.1:9/callback", "grant_type": "authorization_code"}
    answer = sandbox.tokens("github_sponsors", TOKEN, **fields)
    assert answer.headers["content-type"].startswith("application/x-www-form-urlencoded")
    issued = parse_qs(answer.body.decode())
    assert "expires_in" not in issued
    return issued["access_token"][0]


def ask(sandbox: Any, token: str, query: str, **variables: Any) -> Any:
    body = {"query": query, "variables": variables}
    return sandbox.post("/github_sponsors/graphql", body, Authorization=f"bearer {token}").json


def pages(sandbox: Any, token: str, **variables: Any) -> list[Any]:
    found, after = [], None
    while True:
        answer = ask(sandbox, token, SPONSORS, first=20, after=after, **variables)
        page = answer["data"]["viewer"]["sponsorshipsAsMaintainer"]
        found.append(page)
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def test_token_errors_come_with_http_200(sandbox: Any) -> None:
    fields = {"code": "made-up", "grant_type": "authorization_code"}
    known = {"client_id": "gigway-sandbox", "client_secret": "sandbox-secret-github_sponsors"}
    answer = sandbox.form(f"/github_sponsors{TOKEN}", {"Accept": "application/json"}, **(known | fields))
    assert (answer.status, answer.json["error"]) == (200, "invalid_grant")


def test_sponsorships_page_by_cursor(sandbox: Any) -> None:
    found = pages(sandbox, sign_in(sandbox), private=True, active=False)
    nodes = [node for page in found for node in page["nodes"]]
    assert len(nodes) == len({node["id"] for node in nodes}) == found[0]["totalCount"] == 64


def test_private_sponsorships_come_only_when_asked_for(sandbox: Any) -> None:
    token = sign_in(sandbox)
    public = [node for page in pages(sandbox, token, active=False) for node in page["nodes"]]
    everything = [node for page in pages(sandbox, token, active=False, private=True) for node in page["nodes"]]
    assert {node["privacyLevel"] for node in public} == {"PUBLIC"}
    assert {node["privacyLevel"] for node in everything} == {"PUBLIC", "PRIVATE"}


def test_recurring_total_is_the_sum_of_active_monthly_tiers(sandbox: Any) -> None:
    found = pages(sandbox, sign_in(sandbox), private=True, active=True)
    nodes = [node for page in found for node in page["nodes"]]
    assert all(node["isActive"] for node in nodes)
    cents = sum(node["tier"]["monthlyPriceInCents"] for node in nodes if not node["isOneTimePayment"])
    assert found[0]["totalRecurringMonthlyPriceInCents"] == cents > 0


@pytest.mark.parametrize(
    ("variables", "kind"),
    [
        ({}, "MISSING_PAGINATION_BOUNDARIES"),
        ({"first": 101}, "EXCESSIVE_PAGINATION"),
        ({"first": 1, "after": "x"}, None),
    ],
)
def test_pages_must_be_bounded(sandbox: Any, variables: dict[str, Any], kind: str | None) -> None:
    error = ask(sandbox, sign_in(sandbox), SPONSORS, **variables)["errors"][0]
    assert error.get("extensions", {}).get("type") == kind


def test_scope_is_needed_for_sponsorships_only(sandbox: Any) -> None:
    token = sign_in(sandbox, scope="")
    assert ask(sandbox, token, "{ viewer { login } }") == {"data": {"viewer": {"login": "alex-sandberg"}}}
    assert ask(sandbox, token, SPONSORS, first=1)["errors"][0]["extensions"] == {"type": "INSUFFICIENT_SCOPES"}


def test_activities_and_listing(sandbox: Any) -> None:
    query = """{ viewer { sponsorsListing { isPublic tiers(first: 10) { totalCount nodes { name isOneTime } } }
      sponsorsActivities(first: 100) { totalCount nodes { action timestamp sponsorsTier { name } } } } }"""
    viewer = ask(sandbox, sign_in(sandbox), query)["data"]["viewer"]
    assert viewer["sponsorsListing"]["tiers"]["totalCount"] == 4
    actions = {node["action"] for node in viewer["sponsorsActivities"]["nodes"]}
    assert actions == {"NEW_SPONSORSHIP", "CANCELLED_SPONSORSHIP"}


def test_no_listing_and_ended_sponsorships(sandbox: Any) -> None:
    query = "{ viewer { hasSponsorsListing sponsorsListing { isPublic } } }"
    new = ask(sandbox, sign_in(sandbox, "nia.newcomer@sandbox.example"), query)["data"]["viewer"]
    assert new == {"hasSponsorsListing": False, "sponsorsListing": None}
    old = pages(sandbox, sign_in(sandbox, "dario.dormant@sandbox.example"), private=True, active=True)
    assert old[0]["totalCount"] == 0


def test_bad_token_and_rate_limit(sandbox: Any) -> None:
    answer = sandbox.post("/github_sponsors/graphql", {"query": "{ viewer { login } }"}, Authorization="bearer x")
    assert (answer.status, answer.json["message"]) == (401, "Bad credentials")
    assert answer.headers["x-ratelimit-limit"] == "5000"
    sandbox.switch("github_sponsors", throttle=True)
    limited = sandbox.post("/github_sponsors/graphql", {"query": "{ viewer { login } }"}, Authorization="bearer x")
    assert (limited.status, limited.headers["x-ratelimit-remaining"]) == (403, "0")
