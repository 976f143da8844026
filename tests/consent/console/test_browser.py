"""The console in Chromium: accessibility, phone width and policy at every page (`../pages/browser/console.mjs`).

Skipped like the worker's pages' browser test. Set GIGWAY_SHOTS to a folder to keep pictures of every page.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from consent.console.approvals import LiveDetails
from consent.models import new_id
from consent.notices.models import NoticeDelivery
from consent.oauth.models import table_of
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


def _furnish(site: Any) -> tuple[str, dict[str, list[str]]]:
    """An actor with accesses, notices, a request that waits and one that was refused; an operator; a platform."""
    _, organization, _ = site.register("Ada", redirect_uris="https://ada.example/callback")
    (member,) = site.members.of_person(site.id_of("Ada"))
    (client,) = site.console.clients.of(organization)
    _, refused, _ = site.register("Eve")
    (eve,) = site.members.of_person(site.id_of("Eve"))
    site.put("Bo", "administrator")
    site.put("Dee", "auditor")
    (bo,) = site.members.of_person(site.id_of("Bo"))
    first = site.console.approvals.ask_to_go_live(refused, DETAILS, by=eve.by)
    site.console.approvals.refuse(first, by=bo.by, reason="Tell us who you are.")
    second = site.console.approvals.ask_to_go_live(organization, DETAILS, by=member.by)
    site.console.organizations.register_platform(site.id_of("Ada"), name="Uber people", platform="uber")
    platform = next(each for each in site.members.of_person(site.id_of("Ada")) if each.kind == "platform")
    worker = site.world.worker(("account-1", "uber"), is_test=True)
    test = site.console.organizations.find(organization).test.id
    grant = site.world.give(worker, [("uber", "ratings")], actor_id=test, client_id=client.id)
    with site.engine.begin() as connection:
        connection.execute(
            table_of(NoticeDelivery)
            .insert()
            .values(
                jti=new_id(),
                event_seq=1,
                client_id=client.id,
                grant_id=grant.id,
                created_at=site.clock(),
                attempts=3,
                given_up_at=site.clock() + timedelta(seconds=1),
                last_error="HTTP_500",
            )
        )
    base, gate = f"/console/{organization}", "/console/operator"
    return organization, {
        "ada": [
            "/console",
            "/console/new/actor",
            "/console/new/platform",
            base,
            *(f"{base}/{page}" for page in ("clients", f"clients/{client.id}", "live", "usage", "people", "history")),
            f"/console/{platform.organization_id}",
            f"{base}/clients/unknown",
        ],
        "bo": [
            gate,
            *(f"{gate}/{page}" for page in ("requests", f"requests/{second}", f"requests/{first}", "actors")),
            *(f"{gate}/{page}" for page in (f"actors/{test}", "platforms", "clients", "people", "history")),
            "/console/invitations/gwv_unknown",
        ],
    }


def test_the_console_in_a_browser(running: Any) -> None:
    organization, paths = _furnish(running)
    settings = {
        "issuer": running.issuer,
        "organization": organization,
        "paths": paths,
    }
    seen = look("console.mjs", settings)
    assert "Waits for an operator" in seen.pop("asked")
    assert seen == {
        "violations": [],
        "overflows": [],
        "policy": [],
        "requests": [running.issuer],
        "live": "Live",
        "last": "Request approved",
    }
