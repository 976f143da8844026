"""Every state of every page of the console: made here, looked at in a browser, and none is forgotten (`album`)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.testclient import TestClient

import consent
from consent.audit.cosignatures import Cosignatures
from consent.audit.log import AuditLog
from consent.audit.log_signer import Signer
from consent.audit.note import split_note
from consent.console import wording
from consent.console.actions import COMMAND_LINE
from consent.console.pages import routes as console_routes
from consent.models import AccessEvent, ConsentEvent, new_id
from consent.notices.models import NoticeDelivery
from consent.oauth.models import table_of
from tests.consent.conftest import about, asking
from tests.consent.console.conftest import WITNESS, Site, submit
from tests.consent.console.test_pages import LIVE, UNREADABLE
from tests.consent.pages.album import Album

TEMPLATES = Path(consent.__file__).parent / "console" / "templates"
SIGNER = Signer("gigway.example/log", Ed25519PrivateKey.generate())
CONSOLE = "/console/operator"


def keys(*names: str) -> str:
    """Return a key set as it is pasted."""
    return json.dumps({"keys": [{**ECKey.generate_key("P-256").as_dict(private=False), "kid": name} for name in names]})


class Console:
    """A site and its people at their browsers, and an album: each page in English, and the same in Swedish."""

    def __init__(self, site: Site) -> None:
        self.site, self.world, self.clock = site, site.world, site.clock
        self.album = Album()
        self.organization, self.base, self.client = "", "", ""

    def see(self, name: str, path: str, browser: TestClient) -> httpx2.Response:
        """Keep what is at `path`."""
        swedish = browser.get(path, headers={"accept-language": "sv"}, follow_redirects=True)
        self.album.keep(f"{name}-sv", swedish, briefly=True)
        return self.album.keep(name, browser.get(path, follow_redirects=True))

    def send(
        self, name: str, page: str, fields: dict[str, Any], browser: TestClient, to: str | None = None
    ) -> httpx2.Response:
        """Keep what a form of `page` leads to."""
        answer = submit(browser, page, fields, to=to)
        if answer.is_redirect:
            answer = browser.get(answer.headers["location"], follow_redirects=True)
        return self.album.keep(name, answer)

    def another_app(self, **changes: Any) -> TestClient:
        """A browser of nobody at the same console with other services."""
        services = replace(self.site.console, **changes)
        app = Starlette(routes=[*console_routes.routes(services), *self.site.app.routes])
        return TestClient(app, base_url=self.site.issuer, follow_redirects=False)

    # -- people who come in -----------------------------------------------------------------------------------

    def of_registering(self) -> None:
        """Ada registers an actor, after all that can be wrong with one."""
        ada = self.site.browser("Ada")
        self.see("start-empty", "/console", ada)
        self.see("new-actor", "/console/new/actor", ada)
        self.see("new-platform", "/console/new/platform", ada)
        self.see("new-nothing", "/console/new/planet", ada)
        self.send("new-actor-without-name", "/console/new/actor", {"name": ""}, ada)
        wrong = {"name": "Ada", "redirect_uris": "http://evil.example/"}
        self.send("new-actor-wrong-address", "/console/new/actor", wrong, ada)
        self.send("new-actor-wrong-keys", "/console/new/actor", {"name": "Ada", "jwks": "{"}, ada)
        fields = {"name": "Ada Staffing", "redirect_uris": "https://ada.example/callback"}
        self.send("new-actor-made", "/console/new/actor", fields, ada)
        self.send("new-actor-of-keys", "/console/new/actor", {"name": "Ada's keys", "jwks": keys("one", "two")}, ada)
        self.send("new-actor-too-often", "/console/new/actor", {"name": "Ada"}, ada)
        self.clock.advance(timedelta(minutes=16))
        ada = self.site.browser("Ada")
        self.send("new-platform-wrong", "/console/new/platform", {"name": "Tides", "platform": "T i"}, ada)
        self.send("platform", "/console/new/platform", {"name": "Tides", "platform": "waves"}, ada)
        self.send("new-platform-taken", "/console/new/platform", {"name": "Tides", "platform": "waves"}, ada)
        self.send("platform-waits", "/console/new/platform", {"name": "Uber people", "platform": "uber"}, ada)
        self.see("start", "/console", ada)
        actors = [each for each in self.site.members.of_person(self.site.id_of("Ada")) if each.kind == "actor"]
        self.organization = next(each.organization_id for each in actors if each.name == "Ada Staffing")
        self.base = f"/console/{self.organization}"
        self.client = self.site.console.clients.of(self.organization)[0].id
        waiting = next(each for each in self.site.members.of_person(self.site.id_of("Ada")) if each.platform == "uber")
        self.see("not-admitted", f"/console/{waiting.organization_id}/clients", ada)
        self.send("not-admitted-form", "/console", {"name": "x"}, ada, to=f"/console/{waiting.organization_id}/clients")
        self.see("not-there", "/console/nothing", ada)
        assert ada.post(self.base, data={}).status_code in {403, 405}
        self.album.keep("forged", ada.post(f"{self.base}/people/leave", data={"csrf": "x"}))

    def of_the_beginning(self) -> None:
        """What an operator sees before anything has happened."""
        dee = self.site.put("Dee", "auditor")
        self.see("operator-empty", CONSOLE, dee)
        self.see("requests-empty", f"{CONSOLE}/requests", dee)
        self.see("actors-none", f"{CONSOLE}/actors?text=nobody", dee)
        self.see("machines-none", f"{CONSOLE}/clients", dee)
        other = self.another_app(platforms=list, cosignatures=Cosignatures(self.site.engine))
        other.cookies.update(dee.cookies)
        self.see("platforms-none", f"{CONSOLE}/platforms", other)

    # -- an actor ---------------------------------------------------------------------------------------------

    def of_clients(self) -> None:
        """Clients with secrets and with keys, from made to disabled."""
        ada, base = self.site.browser("Ada"), f"{self.base}/clients"
        one = f"{base}/{self.client}"
        self.see("actor", self.base, ada)
        self.see("clients", base, ada)
        self.see("client", one, ada)
        self.send("client-changed", one, {"name": "A name", "redirect_uris": "https://ada.example/1"}, ada)
        self.send("client-wrong", one, {"name": "A name", "redirect_uris": "http://evil.example/"}, ada)
        self.send("client-rotated", one, {}, ada, to=f"{one}/rotate")
        self.see("client-two-secrets", one, ada)
        self.send("client-without-keys", one, {"jwks": keys("one")}, ada, to=f"{one}/keys")
        self.see("client-unknown", f"{base}/unknown", ada)
        for name, fields in {
            "without-name": {"name": ""},
            "wrong-notices": {"name": "New", "event_push_url": "http://evil.example/"},
            "wrong-keys": {"name": "New", "jwks": "["},
            "not-live": {"name": "New", "environment": "live"},
        }.items():
            self.send(f"clients-{name}", base, {"environment": "test"} | fields, ada)
        made = self.send("client-of-keys-made", base, {"name": "Keys", "environment": "test", "jwks": keys("a")}, ada)
        keyed = f"{base}/{_found(r'<code>([^<]+)</code>', made.text)}"
        self.see("client-of-one-key", keyed, ada)
        self.send("client-of-two-keys", keyed, {"jwks": keys("b")}, ada, to=f"{keyed}/keys")
        self.send("client-wrong-keys", keyed, {"jwks": "{"}, ada, to=f"{keyed}/keys")
        self.send("client-disabled", keyed, {}, ada, to=f"{keyed}/disable")
        self.send("client-disabled-refused", one, {}, ada, to=f"{keyed}/rotate")
        self.see("clients-one-disabled", base, ada)
        page = self.send("clients-token", base, {}, ada, to=f"{base}/registration-token").text
        token = _found(r'small-code"><code>([^<]+)<', page)
        made = self.site.new_browser().post(
            "/oauth/register", json={"client_name": "CI"}, headers={"authorization": f"Bearer {token}"}
        )
        assert made.status_code == 201, made.text
        for number in range(25):
            answer = submit(ada, base, {"name": f"Number {number}", "environment": "test"})
            if answer.status_code == 422:
                self.album.keep("clients-too-many", answer)
                break
        self.clock.advance(timedelta(minutes=10))
        ada.get(one)
        self.clock.advance(timedelta(minutes=10))
        self.see("client-not-fresh", one, ada)
        self.see("clients-not-fresh", base, ada)

    async def of_disabling(self) -> None:
        """A client that is disabled while it reads, and an actor that is suspended meanwhile."""
        ada, bo = self.site.browser("Ada"), self.site.put("Bo", "administrator")
        worker = self.world.worker(("account-1", "uber"), is_test=True)
        test = self.site.console.organizations.find(self.organization).test.id
        self.world.give(worker, [("uber", "ratings")], actor_id=test, client_id=self.client)
        self.world.stops._drain = 0.01
        for name, path, fields, browser in (
            ("actor-suspending", f"{CONSOLE}/actors/{test}", {"reason": "Odd queries"}, bo),
            ("client-disabling", f"{self.base}/clients/{self.client}", {}, ada),
        ):
            (decision,) = await self.world.gate.acquire(
                [about("account-1", "ratings")], asking(actor_id=test, client_id=self.client, scopes=["ratings"])
            )
            assert decision.permit is not None
            if name == "actor-suspending":
                self.see("oversee", path, bo)
                self.send("oversee-without-reason", path, {"reason": " "}, bo, to=f"{path}/suspend")
            self.send(name, path, fields, browser, to=f"{path}/{'suspend' if fields else 'disable'}")
            await self.world.gate.acknowledge([decision.permit], asking())
            if name == "actor-suspending":
                self.see("oversee-suspended", path, bo)
                self.see("actor-suspended", self.base, ada)
                self.see("actors-suspended", f"{CONSOLE}/actors", bo)
                self.send("oversee-resumed", path, {}, bo, to=f"{path}/resume")
                self.send("oversee-not-suspended", path, {}, bo, to=f"{path}/resume")
                self.send("oversee-suspended-at-once", path, {"reason": "Again"}, bo, to=f"{path}/suspend")
                submit(bo, path, {}, to=f"{path}/resume")

    def of_people(self) -> None:
        """Members, and invitations from made to used up."""
        ada, people = self.site.browser("Ada"), f"{self.base}/people"
        self.see("people-alone", people, ada)
        self.send("people-last", people, {}, ada, to=f"{people}/leave")
        invite = f"{people}/invite"
        self.send("people-wrong-role", people, {"role": "king"}, ada, to=invite)
        self.send("people-wrong-note", people, {"role": "owner", "note": "x" * 201}, ada, to=invite)
        made = self.send("people-invited", people, {"role": "developer", "note": "for Eve"}, ada, to=invite)
        link = _found(r"(/console/invitations/gwv_[\w-]{43})", made.text)
        eve = self.site.browser("Eve")
        self.see("invitation", link, eve)
        self.send("invitation-used", link, {}, eve)
        self.see("invitation-gone", link, eve)
        self.see("people", people, ada)
        self.see("people-as-developer", people, eve)
        self.see("live-as-developer", f"{self.base}/live", eve)
        self.send("not-allowed", people, {"role": "owner"}, eve, to=invite)
        somebody = self.world.worker()
        with self.site.engine.begin() as connection:
            self.site.members.join(connection, self.organization, somebody, "developer", by=COMMAND_LINE)
        page = self.see("people-without-a-name", people, ada).text
        nobody, role = _found(r"people/(\w+)/remove", page.partition("No name")[2]), {"role": "owner"}
        self.send("people-promoted", people, role, ada, to=f"{people}/{nobody}/role")
        self.send("people-removed", people, {}, ada, to=f"{people}/{nobody}/remove")
        page = self.send("people-one-more", people, {"role": "owner", "note": "x"}, ada, to=invite).text
        self.send("people-revoked", people, {}, ada, to=_found(r'action="([^"]+/revoke)"', page))
        while (answer := submit(ada, people, {"role": "developer"}, to=invite)).status_code != 422:
            pass
        self.album.keep("people-too-many", answer)
        for number in range(9):
            self.site.console.organizations.register_platform(
                self.site.id_of("Eve"), name=f"P {number}", platform=f"p{number}"
            )
        self.send("new-actor-too-many", "/console/new/actor", {"name": "Eve"}, eve)

    def of_going_live(self) -> None:
        """A request from wrong to withdrawn, refused, and approved; and one of somebody who decides."""
        ada, cy, dee = self.site.browser("Ada"), self.site.put("Cy", "approver"), self.site.browser("Dee")
        live = f"{self.base}/live"
        self.see("live", live, ada)
        for number, (change, _) in enumerate(UNREADABLE):
            self.send(f"live-wrong-{number}", live, LIVE | change, ada)
        self.send("live-wrong-contact", live, LIVE | {"contact": ""}, ada)
        self.send("live-asked", live, LIVE, ada)
        self.see("actor-waits", self.base, ada)
        self.send("live-withdrawn", live, {}, ada, to=f"{live}/withdraw")
        self.clock.advance(timedelta(seconds=1))
        submit(ada, live, LIVE)
        self.see("operator-waits", CONSOLE, dee)
        waiting = self.see("requests", f"{CONSOLE}/requests", dee).text
        claim = _found(rf'href="({CONSOLE}/requests/\w+)"><strong><bdi>Uber people', waiting)
        request = _found(rf'href="({CONSOLE}/requests/\w+)"><strong><bdi>Ada Staffing', waiting)
        self.clock.advance(timedelta(minutes=1))
        self.see("request-as-auditor", request, dee)
        self.see("request", request, cy)
        self.see("request-of-a-platform", claim, cy)
        self.send("request-without-reason", request, {"answer": "refuse", "reason": ""}, cy)
        self.send("request-without-answer", request, {}, cy)
        submit(cy, request, {"answer": "refuse", "reason": "Tell us who you are."})
        self.see("request-refused", request, cy)
        self.send("request-again", request, {"answer": "approve"}, cy)
        self.see("actor-refused", self.base, ada)
        self.see("live-refused", live, ada)
        submit(cy, claim, {"answer": "refuse", "reason": "Show that you are Uber."})
        (platform,) = (each for each in self.site.members.of_person(self.site.id_of("Ada")) if each.platform == "uber")
        self.see("platform-refused", f"/console/{platform.organization_id}", ada)
        self.see("platform-refused-people", f"/console/{platform.organization_id}/people", ada)
        for name, contact in (("", "privacy@ada.example"), ("-again", "new@ada.example")):
            self.clock.advance(timedelta(seconds=1))
            submit(ada, live, LIVE | {"contact": contact})
            request = f"{CONSOLE}/requests/{self.site.console.approvals.pending()[0].id}"
            self.see(f"request-before-approval{name}", request, cy)
            submit(cy, request, {"answer": "approve"})
            self.see(f"live-approved{name}", live, ada)
        self.see("request-approved", request, cy)
        self.see("actor-live", self.base, ada)
        self.see("clients-live", f"{self.base}/clients", ada)
        self.clock.advance(timedelta(seconds=1))
        submit(ada, live, LIVE)
        self.site.put("Ada", "approver")
        request = f"{CONSOLE}/requests/{self.site.console.approvals.pending()[0].id}"
        self.see("request-of-ones-own", request, ada)
        self.send("request-decided-by-oneself", request, {"answer": "approve"}, ada)

    def of_usage(self) -> None:
        """What was read and what notices were sent: nothing, and everything."""
        ada, eve = self.site.browser("Ada"), self.site.browser("Eve")
        (other,) = (each for each in self.site.members.of_person(self.site.id_of("Ada")) if "keys" in each.name)
        self.see("usage-empty", f"/console/{other.organization_id}/usage", ada)
        organization = self.site.console.organizations.find(self.organization)
        ends: list[dict[str, Any]] = [
            {"delivered_at": self.clock()},
            {"given_up_at": self.clock(), "last_error": "HTTP_500", "attempts": 9},
            {"token": "x", "attempts": 1, "last_error": "TIMEOUT"},
        ]
        reads = [
            {"worker_id": self.world.worker(is_test=True), "actor_id": actor.id, "decision": decision}
            for actor, decision in ((organization.test, "allow"), (organization.live, "deny"))
        ]
        with self.site.engine.begin() as connection:
            for read in reads:
                read |= {"platform": "uber", "category": "engagements", "records": 12, "repeats": 1}
                connection.execute(table_of(AccessEvent).insert().values(read | {"at": self.clock(), "salt": new_id()}))
        for end in ends:
            worker = self.world.worker(is_test=True)
            client = self.site.console.clients.of(self.organization)[-1].id
            grant = self.world.give(worker, [("uber", "ratings")], actor_id=organization.test.id, client_id=client)
            row = {"jti": new_id(), "event_seq": 1, "client_id": client, "grant_id": grant.id}
            with self.site.engine.begin() as connection:
                connection.execute(table_of(NoticeDelivery).insert().values(row | {"created_at": self.clock()} | end))
        self.see("usage", f"{self.base}/usage", eve)

    # -- the operator -----------------------------------------------------------------------------------------

    def of_machines(self) -> None:
        """The operator's own clients, and who may make them."""
        bo, dee, base = self.site.browser("Bo"), self.site.browser("Dee"), f"{CONSOLE}/clients"
        self.send("machine-wrong-role", base, {"name": "Robot", "role": "king"}, bo)
        made = self.send("machine-made", base, {"name": "Robot", "role": "auditor"}, bo)
        self.see("machines", base, bo)
        self.see("machine-as-auditor", f"{base}/{_found(r'<code>([^<]+)</code>', made.text)}", dee)
        self.see("operators", f"{CONSOLE}/people", bo)
        self.see("platforms", f"{CONSOLE}/platforms", dee)
        platform = next(
            each for each in self.site.members.of_person(self.site.id_of("Ada")) if each.platform == "waves"
        )
        base = f"/console/{platform.organization_id}"
        self.see("platform-clients", f"{base}/clients", self.site.browser("Ada"))

    def of_the_log(self) -> None:
        """The log without witnesses, with one that has not signed, has, lags, and is silent; and the history."""
        dee = self.site.browser("Dee")
        log = AuditLog(self.site.engine, SIGNER, clock=self.clock)
        log.advance()
        other = self.another_app(cosignatures=Cosignatures(self.site.engine))
        other.cookies.update(dee.cookies)
        self.see("operator-without-witness", CONSOLE, other)
        self.see("operator-not-cosigned", CONSOLE, dee)
        note = log.latest()
        assert note is not None
        line = WITNESS.signature(split_note(note)[0], int(self.clock().timestamp()))
        assert self.site.console.cosignatures.take(int(note.split("\n")[1]), line) is None
        self.see("operator-cosigned", CONSOLE, dee)
        for number, name in enumerate(name for name in wording.ACTIONS if "actor" in name or "platform" in name):
            event = {"at": self.clock(), "type": name, "by_kind": "operator", "by_id": "command line"}
            payload = {"organization": self.organization, "reason": "Why it was done"}
            with self.site.engine.begin() as connection:
                connection.execute(table_of(ConsentEvent).insert().values(event | {"payload": payload}))
            if number < 2:
                log.advance()
                self.see(f"operator-behind-{number}", CONSOLE, dee)
        self.clock.advance(timedelta(hours=2))
        dee = self.site.browser("Dee")
        self.see("operator-silent", CONSOLE, dee)
        page = self.see("history", f"{CONSOLE}/history", dee).text
        older = page
        for number in range(9):
            found = re.search(rf'href="({CONSOLE}/history\?before=\d+)"', older)
            if found is None:
                break
            older = self.see(f"history-older-{number}", found.group(1), dee).text
        self.see("history-empty", f"{CONSOLE}/history?before=0", dee)
        self.see("history-of-an-actor", f"{self.base}/history", self.site.browser("Ada"))

    def of_many_actors(self) -> None:
        """More actors than are on a page."""
        dee = self.site.browser("Dee")
        for number in range(51):
            self.world.actor(f"actor-{number}")
        self.see("actors", f"{CONSOLE}/actors", dee)
        self.see("actors-more", f"{CONSOLE}/actors?skip=50", dee)


def _found(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    assert found, (pattern, page)
    return found.group(1)


UNSEEN = {
    "MEMBER_UNKNOWN",  # answered as what is not there
    "PURPOSE_UNKNOWN",  # has the words of CATEGORY_UNKNOWN
    "CLIENT_EXCEEDS_ACTOR",  # the form has no such field
}
"""Problems whose words no form of the console leads to."""


@pytest.mark.anyio
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what a page looks like is the same on both
async def test_every_state_of_every_page_is_looked_at(site: Site) -> None:
    console = Console(site)
    console.of_the_beginning()
    console.of_registering()
    console.of_clients()
    console.of_people()
    console.of_going_live()
    console.of_usage()
    await console.of_disabling()
    console.of_machines()
    console.of_many_actors()
    console.of_the_log()
    assert console.album.unseen_routes(route for route in site.app.routes if route.path.startswith("/console")) == []
    assert console.album.unseen_texts(TEMPLATES) == []
    names = (wording.ROLE_NAMES, wording.ROLE_TEXTS, wording.KIND_NAMES, wording.STATUS_NAMES, wording.ACTIONS)
    for words in names:
        assert console.album.unseen(words.values()) == []
    assert console.album.unseen(text for code, text in wording.PROBLEMS.items() if code not in UNSEEN) == []
    assert not any("<script" in page.text for page in console.album.pages.values()), "the console needs none"
    assert console.album.look() == []
