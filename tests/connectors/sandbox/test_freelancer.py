from typing import Any

import pytest

ALEX = "alex.sandberg@sandbox.example"
SELF = "/freelancer/api/users/0.1/self/"
REVIEWS = "/freelancer/api/projects/0.1/reviews/"
ALL = "?jobs=true&reputation=true&badge_details=true&qualification_details=true"


def sign_in(sandbox: Any, login: str = ALEX) -> str:
    code = sandbox.code("/freelancer/oauth/authorise", login, scope="basic", advanced_scopes="2 6")
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1:9/callback"}
    return sandbox.tokens("freelancer", "/oauth/token", **fields).json["access_token"]


def get(sandbox: Any, path: str, token: str) -> Any:
    return sandbox.get(path, Freelancer_OAuth_V1=token)


def test_advanced_scopes_are_needed(sandbox: Any) -> None:
    query = "response_type=code&client_id=gigway-sandbox&redirect_uri=http://127.0.0.1:9/callback&scope=basic"
    answer = sandbox.get(f"/freelancer/oauth/authorise?{query}")
    assert "error=invalid_request" in answer.headers["location"]


def test_projections_are_opt_in(sandbox: Any) -> None:
    token = sign_in(sandbox)
    plain = get(sandbox, SELF, token).json
    assert plain["status"] == "success"
    assert (plain["result"]["jobs"], plain["result"]["reputation"]) == (None, None)
    full = get(sandbox, SELF + ALL, token).json["result"]
    assert full["reputation"]["entire_history"]["all"] == 23
    assert {exam["name"] for exam in full["qualifications"]} == {"US English", "CSS3"}
    assert {"Figma"} <= {job["name"] for job in full["jobs"]}
    assert full["badges"][0]["name"] == "Ten projects"


def test_reviews_page_and_match_the_reputation(sandbox: Any) -> None:
    token = sign_in(sandbox)
    own = sandbox.account_ids("freelancer")["user_id"]
    path = f"{REVIEWS}?to_users[]={own}&ratings=true&user_details=true&user_display_info=true"
    first = get(sandbox, f"{path}&limit=10", token).json["result"]
    rest = get(sandbox, f"{path}&limit=100&offset=10", token).json["result"]
    reviews = first["reviews"] + rest["reviews"]
    history = get(sandbox, SELF + ALL, token).json["result"]["reputation"]["entire_history"]
    assert len(reviews) == history["reviews"] > 10
    mean = sum(review["rating"] for review in reviews) / len(reviews)
    assert history["overall"] == pytest.approx(mean, abs=0.006)
    assert set(first["users"]) == {str(review["from_user_id"]) for review in first["reviews"]}
    assert {"paid_amount" in review for review in reviews} == {True, False}


def test_reputations_are_keyed_by_id(sandbox: Any) -> None:
    own = sandbox.account_ids("freelancer")["user_id"]
    path = f"/freelancer/api/users/0.1/reputations/?users[]={own}&role=freelancer"
    result = get(sandbox, path, sign_in(sandbox)).json["result"]
    assert list(result) == [own]
    assert result[own]["user_id"] == int(own)


def test_bids_lead_to_projects_and_milestones(sandbox: Any) -> None:
    token = sign_in(sandbox)
    own = sandbox.account_ids("freelancer")["user_id"]
    bids = get(sandbox, f"/freelancer/api/projects/0.1/bids/?bidders[]={own}", token).json["result"]["bids"]
    assert len(bids) == 10
    ids = "&".join(f"projects[]={bid['project_id']}" for bid in bids)
    projects = get(sandbox, f"/freelancer/api/projects/0.1/projects/?{ids}&job_details=true", token).json["result"]
    assert [project["id"] for project in projects["projects"]] == [bid["project_id"] for bid in bids]
    milestones = get(sandbox, f"/freelancer/api/projects/0.1/milestones/?{ids}", token).json["result"]["milestones"]
    assert all(int(key) == value["id"] for key, value in milestones.items())
    assert {item["project_id"] for item in milestones.values()} == {
        bid["project_id"] for bid in bids if bid["award_status"] == "awarded"
    }


def test_errors_have_the_envelope(sandbox: Any) -> None:
    anonymous = sandbox.get(SELF)
    assert anonymous.status == 401
    assert set(anonymous.json) == {"status", "message", "error_code", "request_id"}
    assert anonymous.json["error_code"] == "RestExceptionCodes.NOT_AUTHENTICATED"
    bearer = sandbox.get(SELF, sign_in(sandbox))
    assert bearer.status == 401
    assert get(sandbox, REVIEWS + "?limit=x", sign_in(sandbox)).status == 400
    assert get(sandbox, SELF, sign_in(sandbox, "dario.dormant@sandbox.example")).status == 403


def test_new_member_has_no_record(sandbox: Any) -> None:
    result = get(sandbox, SELF + ALL, sign_in(sandbox, "nia.newcomer@sandbox.example")).json["result"]
    assert (result["hourly_rate"], result["tagline"], result["badges"]) == (None, None, [])
    history = result["reputation"]["entire_history"]
    assert (history["all"], history["completion_rate"]) == (0, None)


def test_revoked_at_the_platform_is_401(sandbox: Any) -> None:
    token = sign_in(sandbox)
    sandbox.switch("freelancer", revoke_persona=ALEX)
    assert get(sandbox, SELF, token).status == 401
