import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

MIKA = "mika.manytask@sandbox.example"
PRIYA = "priya.parttime@sandbox.example"
KEY = ("gigway-sandbox", "sandbox-secret-mturk_requester")
QUALIFICATION = "3SANDBOXIMAGELABELLINGTESTED01"


def sign(body: bytes, host: str, stamp: str, target: str, key: tuple[str, str] = KEY) -> dict[str, str]:
    """Sign as a client does, by the letter of the documentation and apart from the code that checks."""
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": host,
        "x-amz-date": stamp,
        "x-amz-target": f"MTurkRequesterServiceV20170117.{target}",
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    digest = hashlib.sha256(body).hexdigest()
    canonical = f"POST\n/mturk_requester/\n\n{lines}\n{names}\n{digest}"
    scope = f"{stamp[:8]}/us-east-1/mturk-requester/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    secret = ("AWS4" + key[1]).encode()
    for part in scope.split("/"):
        secret = hmac.new(secret, part.encode(), "sha256").digest()
    signature = hmac.new(secret, text.encode(), "sha256").hexdigest()
    authorization = f"AWS4-HMAC-SHA256 Credential={key[0]}/{scope}, SignedHeaders={names}, Signature={signature}"
    return headers | {"Authorization": authorization}


class Requester:
    def __init__(self, sandbox: Any, clock: Any) -> None:
        self.sandbox = sandbox
        self.clock = clock

    def ask(self, target: str, **body: Any) -> Any:
        sent = json.dumps(body).encode()
        stamp = self.clock.now.strftime("%Y%m%dT%H%M%SZ")
        headers = sign(sent, f"127.0.0.1:{self.sandbox.port}", stamp, target)
        return self.sandbox.ask("POST", "/mturk_requester/", headers=headers, body=sent)

    def all(self, target: str, name: str, **body: Any) -> list[Any]:
        rows, token = [], None
        while True:
            page = self.ask(target, MaxResults=100, **body, **({"NextToken": token} if token else {})).json
            assert page["NumResults"] == len(page[name])
            rows += page[name]
            self.clock.advance(0.1)
            token = page.get("NextToken")
            if token is None:
                return rows


@pytest.fixture
def requester(sandbox: Any, clock: Any) -> Requester:
    return Requester(sandbox, clock)


def test_signed_request_is_answered(requester: Requester) -> None:
    answer = requester.ask("GetAccountBalance")
    assert answer.status == 200
    assert answer.json == {"AvailableBalance": "10000.00", "OnHoldBalance": "0.00"}
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        ({"Authorization": ""}, "IncompleteSignatureException"),
        ({"x-amz-target": "MTurkRequesterServiceV20170117.ListHITs"}, "InvalidSignatureException"),
        ({"x-amz-date": "yesterday"}, "IncompleteSignatureException"),
    ],
)
def test_spoilt_signatures_are_refused(requester: Requester, spoil: dict[str, str], kind: str) -> None:
    stamp = requester.clock.now.strftime("%Y%m%dT%H%M%SZ")
    headers = sign(b"{}", f"127.0.0.1:{requester.sandbox.port}", stamp, "GetAccountBalance") | spoil
    answer = requester.sandbox.ask("POST", "/mturk_requester/", headers=headers, body=b"{}")
    assert (answer.status, answer.json["__type"]) == (400, kind)


def test_foreign_key_changed_body_and_old_signature_are_refused(requester: Requester) -> None:
    host = f"127.0.0.1:{requester.sandbox.port}"
    stamp = requester.clock.now.strftime("%Y%m%dT%H%M%SZ")
    old = (requester.clock.now - timedelta(minutes=6)).strftime("%Y%m%dT%H%M%SZ")
    for headers, body, kind in (
        (sign(b"{}", host, stamp, "ListHITs", ("AKIASOMEBODY", KEY[1])), b"{}", "UnrecognizedClientException"),
        (sign(b"{}", host, stamp, "ListHITs", (KEY[0], "wrong")), b"{}", "InvalidSignatureException"),
        (sign(b"{}", host, stamp, "ListHITs"), b'{"MaxResults":1}', "InvalidSignatureException"),
        (sign(b"{}", host, old, "ListHITs"), b"{}", "InvalidSignatureException"),
    ):
        answer = requester.sandbox.ask("POST", "/mturk_requester/", headers=headers, body=body)
        assert answer.json["__type"] == kind
    unsigned = requester.sandbox.post("/mturk_requester/", {})
    assert unsigned.json["__type"] == "MissingAuthenticationTokenException"


def test_hits_and_assignments_page_by_next_token(requester: Requester) -> None:
    hits = requester.all("ListHITs", "HITs")
    assert len(hits) == len({hit["HITId"] for hit in hits}) > 100
    hit = hits[len(hits) // 2]
    assignments = requester.all("ListAssignmentsForHIT", "Assignments", HITId=hit["HITId"])
    assert len(assignments) == hit["MaxAssignments"]
    one = assignments[0]
    found = requester.ask("GetAssignment", AssignmentId=one["AssignmentId"]).json
    assert found["Assignment"] == one
    assert found["HIT"]["HITId"] == hit["HITId"]
    assert isinstance(one["SubmitTime"], float)
    assert one["Answer"].startswith("<?xml")
    assert isinstance(found["HIT"]["Reward"], str)


def test_bonuses_page_by_next_token_and_are_told_per_hit_or_assignment(requester: Requester) -> None:
    per_hit = {}
    for hit in requester.all("ListHITs", "HITs")[-60:]:
        per_hit[hit["HITId"]] = requester.all("ListBonusPayments", "BonusPayments", HITId=hit["HITId"])
    hit_id = max(per_hit, key=lambda each: len(per_hit[each]))
    bonuses = per_hit[hit_id]
    assert len(bonuses) > 1
    assert bonuses[0].keys() == {"WorkerId", "BonusAmount", "AssignmentId", "Reason", "GrantTime"}
    first = requester.ask("ListBonusPayments", HITId=hit_id, MaxResults=1).json
    assert (first["NumResults"], first["BonusPayments"]) == (1, bonuses[:1])
    second = requester.ask("ListBonusPayments", HITId=hit_id, MaxResults=1, NextToken=first["NextToken"]).json
    assert second["BonusPayments"] == bonuses[1:2]
    one = requester.ask("ListBonusPayments", AssignmentId=bonuses[0]["AssignmentId"]).json
    assert one == {"NumResults": 1, "BonusPayments": bonuses[:1]}
    assignment = requester.ask("GetAssignment", AssignmentId=bonuses[0]["AssignmentId"]).json["Assignment"]
    assert assignment["ApprovalTime"] < bonuses[0]["GrantTime"] <= requester.clock.now.timestamp()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "InvalidParameterValue"),
        ({"HITId": "3A", "AssignmentId": "3B"}, "InvalidParameterValue"),
        ({"HITId": "3NOSUCHHIT"}, "HITDoesNotExist"),
    ],
)
def test_bonuses_of_nothing_or_of_two_things_are_refused(requester: Requester, body: Any, code: str) -> None:
    answer = requester.ask("ListBonusPayments", **body)
    assert (answer.status, answer.json["TurkErrorCode"]) == (400, f"AWS.MechanicalTurk.{code}")


def test_qualification_attests_a_worker(requester: Requester) -> None:
    worker = requester.sandbox.account_ids("mturk_requester", MIKA)["worker_id"]
    answer = requester.ask("GetQualificationScore", QualificationTypeId=QUALIFICATION, WorkerId=worker)
    assert answer.json["Qualification"]["IntegerValue"] == 96
    nia = requester.sandbox.account_ids("mturk_requester", "nia.newcomer@sandbox.example")["worker_id"]
    missing = requester.ask("GetQualificationScore", QualificationTypeId=QUALIFICATION, WorkerId=nia)
    assert (missing.status, missing.json["TurkErrorCode"]) == (
        400,
        "AWS.MechanicalTurk.QualificationDoesNotExist",
    )
    revoked = requester.all(
        "ListWorkersWithQualificationType", "Qualifications", QualificationTypeId=QUALIFICATION, Status="Revoked"
    )
    assert [item["IntegerValue"] for item in revoked] == [64]


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("GetHIT", {"HITId": "3X"}, "HITDoesNotExist"),
        ("GetAssignment", {"AssignmentId": "3X"}, "AssignmentDoesNotExist"),
        ("GetHIT", {}, "ParameterValidationError"),
        ("ListHITs", {"MaxResults": 101}, "InvalidParameterValue"),
        ("ListHITs", {"NextToken": "x"}, "InvalidPaginationToken"),
        ("ListBonusPayments", {}, "InvalidParameterValue"),
    ],
)
def test_request_errors_have_a_code(requester: Requester, target: str, body: dict[str, Any], code: str) -> None:
    answer = requester.ask(target, **body)
    assert (answer.status, answer.json["__type"]) == (400, "RequestError")
    assert answer.json["TurkErrorCode"] == f"AWS.MechanicalTurk.{code}"


def test_unknown_operation(requester: Requester) -> None:
    assert requester.ask("CreateHIT").json["__type"] == "UnknownOperationException"


def worker_cookie(sandbox: Any, login: str) -> str:
    answer = sandbox.form("/mturk/signin", persona=login)
    assert answer.status == 302
    return answer.headers["set-cookie"].partition(";")[0]


def test_worker_site_without_session_redirects(sandbox: Any) -> None:
    answer = sandbox.get("/mturk/dashboard?format=json")
    assert (answer.status, answer.headers["location"]) == (302, "/mturk/signin")


def test_worker_site_pages_of_twenty_match_the_dashboard(sandbox: Any) -> None:
    cookie = worker_cookie(sandbox, MIKA)
    dashboard = sandbox.get("/mturk/dashboard?format=json", Cookie=cookie)
    assert dashboard.headers["x-sandbox-fidelity"] == "OBSERVED"
    daily = dashboard.json["daily_hit_statistics_overview"]
    assert 20 < len(daily) <= 46
    busy = max(daily, key=lambda day: day["submitted"])
    rows, page = [], 1
    while True:
        path = f"/mturk/status_details/{busy['date'][:10]}?page_number={page}&format=json"
        answer = sandbox.get(path, Cookie=cookie).json
        if answer["num_results"] == 0:
            break
        assert answer["num_results"] == len(answer["results"]) <= 20
        rows += answer["results"]
        page += 1
    assert len(rows) == busy["submitted"] == answer["total_num_results"]
    assert sum(row["state"] == "Approved" for row in rows) == busy["approved"]


def test_worker_site_counts_rejections(sandbox: Any) -> None:
    overview = sandbox.get("/mturk/dashboard?format=json", Cookie=worker_cookie(sandbox, PRIYA)).json["hits_overview"]
    assert overview["rejected"] > 10
    assert overview["approval_rate"] + overview["rejection_rate"] == pytest.approx(100, abs=0.11)
