from decimal import Decimal
from typing import Any

import pytest

MIKA = "mika.manytask@sandbox.example"
JOBS = "/taskrabbit/2025-12/taskers/me/jobs/list"
ME = "/taskrabbit/2025-12/taskers/me"


def sign_in(sandbox: Any, login: str = MIKA, scope: str = "tasker:profile tasker:jobs offline_access") -> str:
    code = sandbox.code("/taskrabbit/authorize", login, scope=scope)
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1:9/callback"}
    return sandbox.tokens("taskrabbit", "/oauth/token", **fields).json["access_token"]


def jobs(sandbox: Any, token: str, **body: Any) -> Any:
    return sandbox.post(JOBS, body, Authorization=f"Bearer {token}")


def test_jobs_page_in_the_body(sandbox: Any) -> None:
    token = sign_in(sandbox)
    first = jobs(sandbox, token, per_page=100)
    assert first.headers["x-sandbox-fidelity"] == "HYPOTHETICAL"
    assert (first.json["page"], first.json["total_pages"]) == (1, 3)
    rest = [jobs(sandbox, token, per_page=100, page=page).json["jobs"] for page in (2, 3, 4)]
    every = first.json["jobs"] + [job for page in rest for job in page]
    assert len({job["job_uuid"] for job in every}) == len(every) == 240
    assert rest[2] == []


def test_invoices_add_up_in_cents(sandbox: Any) -> None:
    found = jobs(sandbox, sign_in(sandbox), per_page=100).json["jobs"]
    assert {"completed", "cancelled"} <= {job["status"] for job in found}
    for job in found:
        invoice = job["invoice"]
        assert (invoice is None) == (job["status"] != "completed")
        if invoice:
            labor = round(Decimal(invoice["hours"]) * invoice["hourly_rate_cents"])
            extra = invoice["tip_cents"] + invoice["expenses_cents"] - invoice["service_fee_cents"]
            assert invoice["total_payout_cents"] == labor + extra


def test_completed_after_filters(sandbox: Any) -> None:
    after = "2026-10-01T00:00:00+00:00"
    found = jobs(sandbox, sign_in(sandbox), completed_after=after, per_page=100).json["jobs"]
    assert found
    assert all(job["completed_at"] > "2026-10-01" for job in found)


@pytest.mark.parametrize(
    "body", [{"page": 0}, {"per_page": 101}, {"page": "1"}, {"completed_after": "last week"}, {"completed_after": 5}]
)
def test_bad_pages_are_422(sandbox: Any, body: dict[str, Any]) -> None:
    assert jobs(sandbox, sign_in(sandbox), **body).status == 422


def test_profile_sums_up_the_jobs(sandbox: Any) -> None:
    profile = sandbox.get(ME, sign_in(sandbox)).json
    assert profile["elite"] is True
    assert 200 < profile["completed_jobs"] < 240
    assert 4 < profile["average_rating"] <= 5
    new = sandbox.get(ME, sign_in(sandbox, "nia.newcomer@sandbox.example")).json
    assert (new["average_rating"], new["completed_jobs"], new["categories"]) == (None, 0, [])


def test_partner_token_is_no_taskers(sandbox: Any) -> None:
    token = sandbox.tokens("taskrabbit", "/oauth/token", grant_type="client_credentials").json["access_token"]
    assert sandbox.get("/taskrabbit/2025-12/me", token).json["client_id"] == "gigway-sandbox"
    assert sandbox.get(ME, token).status == 403
    assert sandbox.get("/taskrabbit/2025-12/ping").json == {"message": "pong"}
    assert jobs(sandbox, sign_in(sandbox, scope="tasker:profile")).status == 403
    assert jobs(sandbox, "made-up").status == 401
