from typing import Any

import pytest

ALEX = "alex.sandberg@sandbox.example"
HISTORY = """
query History($person: ID!, $offset: Int, $limit: Int, $rated: Boolean) {
  talentWorkHistory(filter: {
    personId: $person, excludeNoFeedback: $rated, pagination: {offset: $offset, limit: $limit}
  }) {
    totalCount
    workHistoryList {
      contract { id title status startDate endDate terms { hourlyRate fixedAmount stipendAmount jobType } }
      contractAggregate { totalCharge hours }
      feedback { feedbackToFreelancer { score comment scores { label score weight } feedbackSuppressed } }
      opening { vegaJobDetails { opening { jobDescription } } }
    }
  }
}
"""


class Freelancer:
    def __init__(self, sandbox: Any, login: str = ALEX, client_id: str = "gigway-sandbox") -> None:
        code = sandbox.code("/upwork/ab/account-security/oauth2/authorize", login, client_id=client_id)
        answer = sandbox.tokens(
            "upwork",
            "/api/v3/oauth2/token",
            client_id=client_id,
            grant_type="authorization_code",
            code=code,
            redirect_uri="http://127.0.0.1:9/callback",
        )
        assert answer.status == 200, answer.body
        self.issued = answer.json
        self.ids = sandbox.account_ids("upwork", login)
        self.sandbox = sandbox

    def ask(self, query: str, tenant: str | None = "own", **variables: Any) -> Any:
        headers = {"Authorization": f"bearer {self.issued['access_token']}"}
        if tenant is not None:
            headers["X-Upwork-API-TenantId"] = self.ids["organization_id"] if tenant == "own" else tenant
        answer = self.sandbox.post("/upwork/graphql", {"query": query, "variables": variables}, **headers)
        assert answer.status == 200, answer.body
        return answer.json


def test_token_lives_a_day(sandbox: Any) -> None:
    assert Freelancer(sandbox).issued["expires_in"] == 86400


def test_asking_for_scopes_is_refused(sandbox: Any) -> None:
    answer = sandbox.form(
        "/upwork/ab/account-security/oauth2/authorize?response_type=code&client_id=gigway-sandbox"
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcallback&scope=anything",
        persona=ALEX,
    )
    assert "error=invalid_scope" in answer.headers["location"]


def test_profile_names_the_person_that_the_history_needs(sandbox: Any) -> None:
    alex = Freelancer(sandbox)
    user = alex.ask("{ user { id name ciphertext freelancerProfile { fullName aggregates { jobSuccessScore } "
                    "skills { edges { node { prettyName } } } } } }")["data"]["user"]  # fmt: skip
    assert (user["id"], user["name"]) == (alex.ids["user_id"], "Alex Sandberg")
    assert 80 <= user["freelancerProfile"]["aggregates"]["jobSuccessScore"] <= 100
    assert {"node": {"prettyName": "Figma"}} in user["freelancerProfile"]["skills"]["edges"]


def test_history_pages_by_offset(sandbox: Any) -> None:
    alex = Freelancer(sandbox)
    pages = [
        alex.ask(HISTORY, person=alex.ids["user_id"], offset=offset, limit=25)["data"]["talentWorkHistory"]
        for offset in (0, 25)
    ]
    rows = [row for page in pages for row in page["workHistoryList"]]
    assert [page["totalCount"] for page in pages] == [41, 41]
    assert len({row["contract"]["id"] for row in rows}) == 41
    kinds = {row["contract"]["terms"]["jobType"] for row in rows}
    assert {"HOURLY", "FIXED"} <= kinds
    assert {row["contract"]["status"] for row in rows} == {"ACTIVE", "CLOSED"}
    starts = [row["contract"]["startDate"] for row in rows]
    assert starts == sorted(starts, reverse=True)


def test_money_and_hours_are_strings_and_feedback_has_weighted_categories(sandbox: Any) -> None:
    alex = Freelancer(sandbox)
    rows = alex.ask(HISTORY, person=alex.ids["user_id"], limit=50, rated=True)["data"]["talentWorkHistory"]
    for row in rows["workHistoryList"]:
        terms, total = row["contract"]["terms"], row["contractAggregate"]
        feedback = row["feedback"]["feedbackToFreelancer"]
        if terms["jobType"] == "HOURLY":
            expected = float(terms["hourlyRate"]) * float(total["hours"])
            assert float(total["totalCharge"]) == pytest.approx(expected, abs=0.01)
        if not feedback["feedbackSuppressed"]:
            weighted = sum(item["score"] * item["weight"] for item in feedback["scores"]) / 100
            assert feedback["score"] == pytest.approx(weighted, abs=0.005)
            assert len(feedback["scores"]) == 6


def test_suppressed_feedback_hides_its_score(sandbox: Any) -> None:
    priya = Freelancer(sandbox, "priya.parttime@sandbox.example")
    found = priya.ask(HISTORY, person=priya.ids["user_id"], limit=50)["data"]["talentWorkHistory"]
    feedback = [row["feedback"]["feedbackToFreelancer"] for row in found["workHistoryList"]]
    suppressed = [item for item in feedback if item and item["feedbackSuppressed"]]
    assert suppressed
    assert all(item["score"] is None and item["scores"] == [] for item in suppressed)
    assert None in feedback


def test_new_and_suspended_accounts_are_empty(sandbox: Any) -> None:
    query = "{ user { freelancerProfile { aggregates { jobSuccessScore totalEarnings { rawValue } } } } }"
    new = Freelancer(sandbox, "nia.newcomer@sandbox.example")
    assert new.ask(query)["data"]["user"]["freelancerProfile"]["aggregates"] == {
        "jobSuccessScore": None,
        "totalEarnings": None,
    }
    suspended = Freelancer(sandbox, "dario.dormant@sandbox.example")
    assert suspended.ask(query) == {"data": {"user": {"freelancerProfile": None}}}


@pytest.mark.parametrize("tenant", [None, "123"])
def test_tenant_header_is_needed_and_must_be_own(sandbox: Any, tenant: str | None) -> None:
    answer = Freelancer(sandbox).ask("{ user { id } }", tenant=tenant)
    assert answer["data"] is None
    assert (answer["errors"][0]["message"], answer["errors"][0]["path"]) == ("Authorization failed", ["user"])


def test_company_selector_tells_the_tenant(sandbox: Any) -> None:
    alex = Freelancer(sandbox)
    items = alex.ask("{ companySelector { items { organizationId } } }", tenant=None)["data"]["companySelector"]
    assert items == {"items": [{"organizationId": alex.ids["organization_id"]}]}


def test_foreign_history_is_refused_in_http_200(sandbox: Any) -> None:
    answer = Freelancer(sandbox).ask(HISTORY, person="1")
    assert answer["data"] == {"talentWorkHistory": None}
    assert answer["errors"][0]["message"] == "Authorization failed"


@pytest.mark.parametrize(
    "query",
    [
        "{ contractList { totalCount contracts { id terms { hourlyTerms { hourlyRate { rawValue } } } } } }",
        "{ vendorContracts(pagination: {first: 5}) { edges { node { id status } } } }",
        "{ transactionHistory(transactionHistoryFilter: {}) { transactionDetail { transactionHistoryRow "
        "{ recordId transactionAmount { rawValue } } } } }",
    ],
)
def test_partner_and_payment_fields_need_another_key(sandbox: Any, query: str) -> None:
    refused = Freelancer(sandbox).ask(query)
    assert refused["data"] is None
    assert refused["errors"][0]["message"] == "Authorization failed"
    allowed = Freelancer(sandbox, client_id="gigway-sandbox-partner").ask(query)
    assert "errors" not in allowed


def test_time_reports_page_by_cursor_within_their_range(sandbox: Any) -> None:
    alex = Freelancer(sandbox)
    query = """query ($after: String) { user { contractTimeReport(
      timeReportDate_bt: {rangeStart: "20260901", rangeEnd: "20261031"}, pagination: {first: 4, after: $after}
    ) { totalCount edges { node { dateWorkedOn totalHoursWorked } } pageInfo { hasNextPage endCursor } } } }"""
    seen: list[str] = []
    after = None
    while True:
        report = alex.ask(query, after=after)["data"]["user"]["contractTimeReport"]
        seen += [edge["node"]["dateWorkedOn"] for edge in report["edges"]]
        if not report["pageInfo"]["hasNextPage"]:
            break
        after = report["pageInfo"]["endCursor"]
    assert len(seen) == report["totalCount"] > 8
    assert seen == sorted(seen)
    assert all("20260901" <= day <= "20261031" for day in seen)


def test_proposals_give_at_most_forty(sandbox: Any) -> None:
    alex = Freelancer(sandbox)
    query = "query ($n: Int) { vendorProposals(pagination: {first: $n}) { edges { node { id } } } }"
    assert len(alex.ask(query, n=40)["data"]["vendorProposals"]["edges"]) == 40
    assert "errors" in alex.ask(query, n=41)


def test_unknown_field_is_a_graphql_error(sandbox: Any) -> None:
    answer = Freelancer(sandbox).ask("{ user { salary } }")
    assert "Cannot query field 'salary'" in answer["errors"][0]["message"]


def test_malformed_request_is_400(sandbox: Any) -> None:
    token = Freelancer(sandbox).issued["access_token"]
    for document in ([], {"query": 1}, {"query": "{"}, {"query": "fragment F on User { id }"}):
        answer = sandbox.post("/upwork/graphql", document, Authorization=f"bearer {token}")
        assert answer.status == 400


def test_ten_requests_a_second_per_address(sandbox: Any, clock: Any) -> None:
    alex = Freelancer(sandbox)
    headers = {"Authorization": f"bearer {alex.issued['access_token']}"}
    query = {"query": "{ companySelector { items { title } } }"}
    statuses = [sandbox.post("/upwork/graphql", query, **headers).status for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    clock.advance(1)
    assert sandbox.post("/upwork/graphql", query, **headers).status == 200


def test_drift_renames_the_schema(sandbox: Any) -> None:
    alex = Freelancer(sandbox)
    sandbox.switch("upwork", drift={"nid": "nickname"})
    assert "Cannot query field 'nid'" in alex.ask("{ user { nid } }")["errors"][0]["message"]
    assert alex.ask("{ user { nickname } }") == {"data": {"user": {"nickname": "alexsandberg"}}}
