from typing import Any

import pytest

ALEX = "alex.sandberg@sandbox.example"
TOKEN = "sandbox-secret-open_platforms"
PATH = "/open_platforms/api/ExportData"


def export(sandbox: Any, email: str = ALEX, token: str = TOKEN) -> Any:
    return sandbox.post(PATH, {"PlatformToken": token, "UserEmail": email, "RequestId": "r-1"})


def test_export_contains_interactions_and_achievements(sandbox: Any) -> None:
    answer = export(sandbox)
    assert (answer.status, answer.json["requestId"], answer.json["userEmail"]) == (200, "r-1", ALEX)
    assert len(answer.json["interactions"]) == 14
    for interaction in answer.json["interactions"]:
        assert interaction["period"]["end"]
        for rating in interaction["outcome"].get("ratings", []):
            assert rating["min"] <= rating["value"] <= rating["max"]


def test_export_contains_everything_that_a_lenient_reader_must_bear(sandbox: Any) -> None:
    body = export(sandbox).json
    interactions, achievements = body["interactions"], body["achievements"]
    assert any(item["client"] is None for item in interactions)
    assert any(item["period"]["start"] is None for item in interactions)
    assert any("ratings" not in item["outcome"] for item in interactions)
    assert any(item["outcome"]["success"] is None for item in interactions)
    assert any(isinstance(item["additionalData"]["noOfHours"], float) for item in interactions)
    assert {(item["score"] or {}).get("value") for item in achievements} == {90, None, "A"}
    assert "Membership" in {item["type"] for item in achievements}


def test_get_with_headers_answers_the_same(sandbox: Any) -> None:
    answer = sandbox.get(PATH, platformToken=TOKEN, userEmail=ALEX, requestId="r-1")
    assert answer.json == export(sandbox).json


def test_unknown_worker_is_404_and_wrong_token_401(sandbox: Any) -> None:
    unknown = export(sandbox, "dario.dormant@sandbox.example")
    assert (unknown.status, unknown.json) == (404, {"message": "Unable to find that user."})
    assert export(sandbox, token="other").status == 401


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"PlatformToken": TOKEN},
        "text",
        {"PlatformToken": TOKEN, "UserEmail": [], "RequestId": "r"},
    ],
)
def test_incomplete_requests_are_400(sandbox: Any, document: Any) -> None:
    assert sandbox.post(PATH, document).status == 400


def test_known_worker_without_work(sandbox: Any) -> None:
    body = export(sandbox, "nia.newcomer@sandbox.example").json
    assert (body["interactions"], body["achievements"]) == ([], None)


def test_the_log_names_the_worker_but_not_the_token(sandbox: Any) -> None:
    export(sandbox)
    entry = sandbox.log(platform="open_platforms")[-1]
    assert entry["persona"] == ALEX
    assert TOKEN not in str(entry)


def test_a_platform_without_tokens_refuses_token_switches(sandbox: Any) -> None:
    answer = sandbox.post("/control/platforms/open_platforms", {"expire_tokens": True})
    assert answer.status == 400


def test_throttling_works_without_a_known_limit(sandbox: Any) -> None:
    sandbox.switch("open_platforms", throttle=True)
    assert export(sandbox).status == 429
