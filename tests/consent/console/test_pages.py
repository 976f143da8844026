"""The console's pages, as people use them."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

from consent.oauth.models import CLIENTS

LIVE = {
    "trading_name": "Ada Staffing",
    "legal_name": "Ada Staffing AB",
    "address": "Storgatan 1\nStockholm",
    "contact": "privacy@ada.example",
    "jurisdiction": "SE",
    "privacy_notice": "https://ada.example/privacy",
    "categories": ["ratings", "engagements"],
    "purposes": ["job_matching"],
}


def _secret(page: Any) -> tuple[str, str]:
    found = re.findall(r"<code>([^<]+)</code>", page.text)
    return found[0], found[1]


def test_an_actor_has_a_test_client_at_once(site: Any) -> None:
    _, _, page = site.register("Ada", redirect_uris="https://ada.example/callback")
    assert "The secret is shown this once." in page.text
    client_id, secret = _secret(page)
    own = site.new_browser().post(
        "/oauth/token",
        data={
            "grant_type": "client_credentials",
            "authorization_details": '[{"type": "gig_data", "purpose": "job_matching"}]',
        },
        auth=(client_id, secret),
    )
    assert own.status_code == 200, own.text
    with site.engine.connect() as connection:
        assert secret not in repr(connection.execute(CLIENTS.select()).all())


def test_going_live_takes_another_persons_decision(site: Any, post: Any) -> None:
    ada, organization, _ = site.register("Ada")
    base = f"/console/{organization}"
    assert post(ada, f"{base}/live", LIVE).status_code == 303
    assert "You have asked to go live" in ada.get(base).text
    assert '<option value="live"' not in ada.get(f"{base}/clients").text
    bo = site.put("Bo", "approver")
    (waiting,) = re.findall(r'href="(/console/operator/requests/\w+)"', bo.get("/console/operator/requests").text)
    page = bo.get(waiting).text
    for words in ("Ada Staffing AB", "Storgatan 1", "privacy@ada.example", "https://ada.example/privacy", "Ratings"):
        assert words in page
    assert post(bo, waiting, {"answer": "approve"}).status_code == 303
    found = site.console.organizations.find(organization)
    assert found.test.id != found.live.id
    assert (found.live.is_test, found.live.legal_name, found.live.categories) == (
        False,
        "Ada Staffing AB",
        ("engagements", "ratings"),
    )
    made = post(ada, f"{base}/clients", {"name": "Site", "environment": "live", "profile": "baseline"})
    client_id, _ = _secret(made)
    assert site.console.clients.find(organization, client_id).environment == "live"
    assert ("console:approval:approved", site.id_of("Bo")) in [
        (action, by.id) for action, by in site.done(organization)
    ]


def test_nobody_decides_on_their_own_organization(site: Any, post: Any) -> None:
    ada, organization, _ = site.register("Ada")
    post(ada, f"/console/{organization}/live", LIVE)
    site.put("Ada", "administrator")
    path = f"/console/operator/requests/{site.console.approvals.pending()[0].id}"
    assert "somebody else must decide" in ada.get(path).text
    token = re.search(r'name="csrf" value="(\w+)"', ada.get("/console").text)
    assert token is not None
    refused = ada.post(path, data={"csrf": token.group(1), "answer": "approve"})
    assert (refused.status_code, "somebody else must decide" in refused.text) == (422, True)
    assert site.console.organizations.find(organization).live is None
    actor = site.console.organizations.find(organization).test.id
    suspended = ada.post(
        f"/console/operator/actors/{actor}/suspend", data={"csrf": token.group(1), "reason": "because"}
    )
    assert suspended.status_code == 422
    bo, page = site.put("Bo", "administrator"), f"/console/operator/actors/{actor}"
    assert post(bo, page, {"reason": "because"}, to=f"{page}/suspend").status_code == 200
    resumed = ada.post(f"{page}/resume", data={"csrf": token.group(1)})
    assert (resumed.status_code, "somebody else must decide" in resumed.text) == (422, True)
    assert site.console.organizations.find(organization).test.status == "suspended"


def test_a_refusal_says_why_and_a_better_request_may_follow(site: Any, post: Any) -> None:
    ada, organization, _ = site.register("Ada")
    base, bo = f"/console/{organization}", site.put("Bo", "administrator")
    post(ada, f"{base}/live", LIVE)
    path = f"/console/operator/requests/{site.console.approvals.pending()[0].id}"
    assert post(bo, path, {"answer": "refuse", "reason": " "}).status_code == 422
    assert post(bo, path, {"answer": "refuse", "reason": "Who is <b>this</b>?"}).status_code == 303
    assert "Who is &lt;b&gt;this&lt;/b&gt;?" in ada.get(base).text
    assert post(bo, path, {"answer": "approve"}, to=path).status_code == 422, "a decision is final"
    assert post(ada, f"{base}/live", LIVE).status_code == 303
    assert post(ada, f"{base}/live", {**LIVE, "contact": "new@ada.example"}).status_code == 303
    (waiting,) = site.console.approvals.pending()
    assert waiting.details["contact"] == "new@ada.example"
    assert post(ada, f"{base}/live", {}, to=f"{base}/live/withdraw").status_code == 303
    assert site.console.approvals.pending() == []


def test_new_details_of_a_live_actor_wait_for_approval_too(site: Any, post: Any) -> None:
    ada, organization, _ = site.register("Ada")
    bo = site.put("Bo", "approver")
    for contact in ("first@ada.example", "second@ada.example"):
        post(ada, f"/console/{organization}/live", {**LIVE, "contact": contact})
        path = f"/console/operator/requests/{site.console.approvals.pending()[0].id}"
        if contact.startswith("second"):
            assert "first@ada.example" in bo.get(path).text
            assert site.console.organizations.find(organization).live.contact == "first@ada.example"
        post(bo, path, {"answer": "approve"})
    live = site.console.organizations.find(organization).live
    assert (live.contact, live.version) == ("second@ada.example", 2)


UNREADABLE: list[tuple[dict[str, Any], str]] = [
    ({"legal_name": ""}, "A name has 1 to 200 characters"),
    ({"trading_name": "Ada\u202e"}, "A name has 1 to 200 characters"),
    ({"jurisdiction": "Sweden"}, "two letters"),
    ({"privacy_notice": "ftp://x"}, "privacy notice"),
    ({"address": ""}, "postal address"),
    ({"categories": []}, "at least one category"),
    ({"purposes": ["self"]}, "at least one category"),
]


def test_what_workers_could_not_read_is_not_asked(site: Any, post: Any) -> None:
    ada, organization, _ = site.register("Ada")
    for change, said in UNREADABLE:
        answer = post(ada, f"/console/{organization}/live", LIVE | change)
        assert (answer.status_code, said in answer.text) == (422, True), change
        assert "Storgatan 1" in answer.text or "address" in change, "what was typed is still there"
    assert site.console.approvals.pending() == []


def test_a_client_is_changed_rotated_and_disabled(site: Any, post: Any) -> None:
    ada, organization, page = site.register("Ada")
    client_id, secret = _secret(page)
    path, check = f"/console/{organization}/clients/{client_id}", site.new_browser()

    def works(password: str) -> bool:
        found = check.post("/oauth/introspect", data={"token": "x"}, auth=(client_id, password))
        return bool(found.status_code == 200)

    changed = {"name": "Renamed", "redirect_uris": "https://a.example/1\r\nhttps://a.example/2", "event_push_url": ""}
    assert post(ada, path, changed).status_code == 303
    assert site.console.clients.find(organization, client_id).redirect_uris == (
        "https://a.example/1",
        "https://a.example/2",
    )
    wrong = post(ada, path, {**changed, "redirect_uris": "http://evil.example/"})
    assert (wrong.status_code, "absolute https address" in wrong.text) == (422, True)
    _, second = _secret(post(ada, path, {}, to=f"{path}/rotate"))
    assert (works(secret), works(second)) == (True, True), "for a day, both"
    assert "works until" in ada.get(path).text
    _, third = _secret(post(ada, path, {"at_once": "1"}, to=f"{path}/rotate"))
    assert (works(secret), works(second), works(third)) == (False, False, True)
    ended = post(ada, path, {}, to=f"{path}/disable")
    assert "Nothing that it read is delivered any more." in ended.text
    assert not works(third)
    assert post(ada, f"/console/{organization}/clients", {}, to=f"{path}/rotate").status_code == 422


def test_keys_are_added_and_removed(site: Any, post: Any) -> None:
    key = {"kty": "EC", "crv": "P-256", "x": "kh1rOuv9UPD4wfc1f8QSRJi9buUcb3_IcaMJhu7g1fI", "kid": "one"}
    key["y"] = "EVojP5hGKc-TWhuzObtzr8q4_0Z9eQtZppAYf7KEC1Q"
    ada, organization, page = site.register("Ada", jwks=json.dumps({"keys": [key]}))
    assert "has no secret" in page.text
    (client,) = site.console.clients.of(organization)
    path = f"/console/{organization}/clients/{client.id}"
    assert (client.profile, client.auth_method) == ("fapi2", "private_key_jwt")
    added = json.dumps({"keys": [key | {"kid": "two"}]})
    assert post(ada, path, {"jwks": added}, to=f"{path}/keys").status_code == 303
    assert post(ada, path, {"jwks": added}, to=f"{path}/keys").status_code == 422, "a kid is there once"
    for text in ("{", "[]", json.dumps({"keys": [key | {"d": "secret"}]})):
        assert post(ada, path, {"jwks": text}, to=f"{path}/keys").status_code == 422
    assert post(ada, path, {"kid": "one"}, to=f"{path}/keys/remove").status_code == 303
    assert post(ada, path, {"kid": "two"}, to=f"{path}/keys/remove").status_code == 422, "one stays"
    assert [each["kid"] for each in site.console.clients.find(organization, client.id).keys] == ["two"]


def test_an_invitation_leads_through_signing_up_to_the_organization(site: Any, post: Any) -> None:
    ada, organization, _ = site.register("Ada")
    base = f"/console/{organization}"
    made = post(ada, f"{base}/people", {"role": "developer", "note": "for Zoe"}, to=f"{base}/people/invite")
    (path,) = re.findall(r"http://127.0.0.1:8700(/console/invitations/gwv_[\w-]{43})", made.text)
    zoe = site.new_browser()
    to_sign_in = zoe.get(path).headers["location"]
    assert to_sign_in == f"/sign-in?next={path}"
    assert f"/sign-up?next={path}" in zoe.get(to_sign_in).text
    account = {"name": "Zoe", "login": "zoe", "password": "long enough password", "next": path}
    assert post(zoe, "/sign-up", account).headers["location"] == path
    assert "Ada Staffing" in zoe.get(path).text
    assert post(zoe, path, {}).headers["location"] == base
    assert site.roles(organization) == {"Ada": "owner", "Zoe": "developer"}
    assert "too old" in zoe.get(path).text


def test_members_change_roles_leave_and_are_removed(site: Any, post: Any) -> None:
    ada, organization, _ = site.register("Ada")
    base = f"/console/{organization}/people"
    bo = site.put("Bo", "developer", organization)
    site.put("Cy", "developer", organization)
    bo_id, cy_id = site.id_of("Bo"), site.id_of("Cy")
    assert post(ada, base, {}, to=f"{base}/leave").status_code == 422, "somebody must stay in charge"
    assert post(ada, base, {"role": "king"}, to=f"{base}/{bo_id}/role").status_code == 422
    assert post(ada, base, {"role": "owner"}, to=f"{base}/{bo_id}/role").status_code == 303
    assert post(ada, base, {}, to=f"{base}/{cy_id}/remove").status_code == 303
    assert post(ada, base, {}, to=f"{base}/leave").headers["location"] == "/console"
    assert site.roles(organization) == {"Bo": "owner"}
    assert ada.get(base).status_code == 404
    assert bo.get(base).status_code == 200


def test_operators_suspend_and_resume(site: Any, post: Any) -> None:
    _, organization, page = site.register("Ada")
    client_id, secret = _secret(page)
    bo, actor = site.put("Bo", "approver"), site.console.organizations.find(organization).test.id
    path = f"/console/operator/actors/{actor}"
    assert actor in bo.get("/console/operator/actors?text=ada").text
    assert "There is nothing to show." in bo.get("/console/operator/actors?text=%25").text
    assert post(bo, path, {"reason": ""}, to=f"{path}/suspend").status_code == 422
    done = post(bo, path, {"reason": "complaints"}, to=f"{path}/suspend")
    assert "Nothing that it read is delivered any more." in done.text
    asked = site.new_browser().post("/oauth/introspect", data={"token": "x"}, auth=(client_id, secret))
    assert asked.status_code == 401
    assert post(bo, path, {}, to=f"{path}/resume").status_code == 303
    asked = site.new_browser().post("/oauth/introspect", data={"token": "x"}, auth=(client_id, secret))
    assert asked.status_code == 200
    history = bo.get("/console/operator/history").text
    for words in ("Actor suspended", "complaints", "Actor resumed", "Organization registered"):
        assert words in history


def test_a_platform_that_is_live_is_given_by_an_operator(site: Any, post: Any) -> None:
    ada, bo = site.browser("Ada"), site.put("Bo", "approver")
    made = post(ada, "/console/new/platform", {"name": "Uber", "platform": "uber"})
    base = made.headers["location"]
    assert "has not admitted" in ada.get(base).text
    assert post(ada, f"{base}/people", {"role": "developer"}, to=f"{base}/people/invite").status_code == 403
    again = post(site.browser("Cy"), "/console/new/platform", {"name": "Also Uber", "platform": "uber"})
    assert (again.status_code, "speaks for that platform already" in again.text) == (422, True)
    path = f"/console/operator/requests/{site.console.approvals.pending()[0].id}"
    assert path in bo.get("/console/operator/requests").text
    assert "speak for uber" in bo.get(path).text
    post(bo, path, {"answer": "approve"})
    assert post(ada, f"{base}/people", {"role": "developer"}, to=f"{base}/people/invite").status_code == 200
    free = post(ada, "/console/new/platform", {"name": "Tides", "platform": "tides2"})
    assert "has not admitted" not in ada.get(free.headers["location"]).text
    assert post(ada, "/console/new/platform", {"name": "X", "platform": "X!"}).status_code == 422


def test_machine_clients_of_platforms_and_operators(site: Any, post: Any) -> None:
    ada, cy = site.put("Ada", "administrator"), site.put("Cy", "owner", "platformplatform")
    for browser, base, role in ((ada, "/console/operator", "auditor"), (cy, "/console/platformplatform", "developer")):
        page = post(browser, f"{base}/clients", {"name": "Robot", "role": role})
        client_id, secret = _secret(page)
        token = site.new_browser().post(
            "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret)
        )
        assert token.status_code == 200
        assert post(browser, f"{base}/clients", {"name": "Robot", "role": "king"}).status_code == 422
        assert "Robot" in browser.get(f"{base}/clients/{client_id}").text


def test_registering_is_limited(site: Any, post: Any) -> None:
    ada = site.browser("Ada")
    answers = [post(ada, "/console/new/actor", {"name": f"Firm {number}"}).status_code for number in range(6)]
    assert answers == [200] * 5 + [429]
    site.clock.advance(timedelta(minutes=16))
    ada = site.browser("Ada")
    answers = [post(ada, "/console/new/actor", {"name": f"More {number}"}).status_code for number in range(5)]
    assert answers == [200] * 5
    site.clock.advance(timedelta(minutes=16))
    last = post(site.browser("Ada"), "/console/new/actor", {"name": "One too many"})
    assert (last.status_code, "as many organizations" in last.text) == (422, True)


def test_what_is_dangerous_asks_for_a_fresh_sign_in(site: Any, post: Any) -> None:
    ada, organization, page = site.register("Ada")
    client_id, _ = _secret(page)
    path = f"/console/{organization}/clients/{client_id}"
    site.clock.advance(timedelta(minutes=10))
    ada.get(path)
    site.clock.advance(timedelta(minutes=10))
    assert "show once more that it is you" in ada.get(path).text
    again = post(ada, path, {}, to=f"{path}/rotate")
    assert (again.status_code, again.headers["location"]) == (303, f"/sign-in?next={path}&again=1")
    assert site.console.clients.find(organization, client_id).previous_secret_until is None


def test_workers_are_counted_and_never_named(site: Any) -> None:
    site.world.worker(("account-9", "uber"), is_test=True)
    auditor = site.put("Bo", "auditor")
    page = auditor.get("/console/operator").text
    assert "Workers, in numbers" in page
    assert "account-9" not in page
    assert "Lyft" in auditor.get("/console/operator/platforms").text


def test_the_console_speaks_swedish(site: Any) -> None:
    page = site.browser("Ada").get("/console", headers={"accept-language": "sv"})
    assert '<html lang="sv">' in page.text
    assert "Dina organisationer" in page.text
