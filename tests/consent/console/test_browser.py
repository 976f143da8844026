"""The console in Chromium, as people go through it, with its own policy (`../pages/browser/console.mjs`).

Skipped like the worker's pages' browser test. How each page looks is seen in `test_every_state.py`.
"""

from __future__ import annotations

from typing import Any

from consent.console.approvals import LiveDetails
from tests.javascript import look, needs_browser

pytestmark = needs_browser()

DETAILS = LiveDetails(
    trading_name="Ada Staffing",
    legal_name="Ada Staffing with an uncommonly long legal name, limited by shares",
    address="Storgatan 1\n111 22 Stockholm",
    contact="privacy@ada.example",
    jurisdiction="SE",
    privacy_notice="https://ada.example/privacy/notice/for/workers/at/gigway",
    categories=["ratings", "engagements"],
    purposes=["job_matching"],
)


def test_people_invite_join_ask_and_approve_without_javascript(running: Any) -> None:
    _, organization, _ = running.register("Ada", redirect_uris="https://ada.example/callback")
    (member,) = running.members.of_person(running.id_of("Ada"))
    running.put("Bo", "administrator")
    running.console.approvals.ask_to_go_live(organization, DETAILS, by=member.by)
    seen = look("console.mjs", {"issuer": running.issuer, "organization": organization})
    assert "Waits for an operator" in seen.pop("asked")
    assert seen == {
        "violations": [],
        "overflows": [],
        "policy": [],
        "requests": [running.issuer],
        "live": "Live",
        "last": "Request approved",
    }
