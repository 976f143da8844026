"""Every state of every page of a worker: made here, looked at in a browser, and none is forgotten (`album`)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import update
from sqlmodel import Session, col
from starlette.testclient import TestClient

import consent
from consent.audit.cosignatures import Cosignatures
from consent.audit.keys import Cosigner
from consent.audit.log import AuditLog
from consent.audit.log_signer import Signer
from consent.models import AccessEvent, Actor, new_id
from consent.pages.wishes_page import FIELDS
from consent.signin.models import CREDENTIALS
from consent.signin.passkeys import Challenge
from consent.signin.totp import STEP, one_time_code
from tests.consent.conftest import about, asking
from tests.consent.pages.album import Album
from tests.consent.pages.conftest import PASSWORD, Account, Outcome, Site, post
from tests.consent.pages.test_old_words import rename
from tests.consent.pages.test_other_ways import Provider, provided_by
from tests.consent.pages.test_own_data import log_lines
from tests.consent.pages.test_preview import ANSWER, Gateway
from tests.consent.pages.test_requests_page import ask_in_inbox
from tests.consent.pages.test_skills_page import OPENING, PATHWAY, SKILL, skills_answer
from tests.consent.pages.test_test_actor import trial
from tests.consent.signin.test_passkeys import Authenticator

SIGNER = Signer("gigway.example/log", Ed25519PrivateKey.generate())
WITNESS = Cosigner("witness.example/1", Ed25519PrivateKey.generate())
TEMPLATES = Path(consent.__file__).parent / "pages" / "templates"
KIM = {"login": "kim@worker.example", "password": PASSWORD}
FILES = ("/me/data.json", "/me/data.zip", "/me/log.csv", "/me/log.json", "/me/record.json", "/me/record.csv")
"""What can be opened and is no page."""
ELSEWHERE = ("/oauth/", "/.well-known/", "/sign-in/with/{key}/callback")
"""What machines open, and where a browser only passes through."""


class Wishes:
    """A book of wishes for one worker, kept in memory; a field that says `wrong` is."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = dict.fromkeys((*FIELDS, "looking"), "")

    def of(self, worker_id: str) -> dict[str, str]:
        return self.fields

    def save(self, worker_id: str, fields: Any) -> str | None:
        for name, value in fields.items():
            if value == "wrong":
                return str(name)
        self.fields = dict(fields)
        return None

    def kept(self, worker_id: str) -> list[dict[str, Any]]:
        return []

    def cities(self) -> list[str]:
        return ["Lund", "Malmö"]


class Everything:
    """A site that offers all there is, a worker at its browser, and an album."""

    def __init__(self, make_site: Callable[..., Site], world: Any) -> None:
        self.gateway = Gateway(skills_answer())
        self.site = make_site(
            "http://localhost:8700",
            provider=provided_by(Provider(lambda: int(world.clock().timestamp()))),
            witnesses=[WITNESS.verifier],
            read_own=self.gateway.read,
            wishes=Wishes(),
            sign_up=True,
        )
        self.world, self.clock, self.alex = world, world.clock, self.site.browser
        self.album = Album()

    def see(self, name: str, path: str, browser: TestClient | None = None) -> httpx2.Response:
        """Keep what is at `path`."""
        return self.album.keep(name, (browser or self.alex).get(path, follow_redirects=True))

    def send(self, name: str, page: str, target: str, fields: dict[str, Any] | None = None) -> httpx2.Response:
        """Keep what a form of `page` leads to."""
        return self.album.keep(name, post(self.alex, page, target, fields or {}, follow_redirects=True))

    def at_the_door(self) -> None:
        """Ways in that fail or lead on. Nobody is signed in afterwards."""
        self.see("sign-in", "/sign-in")
        self.see("sign-in-again", "/sign-in?again=1&next=/consent/x")
        self.see("sign-in-to-change", "/sign-in?again=1&next=/me/security")
        self.send("sign-in-wrong", "/sign-in", "/sign-in", KIM | {"password": "wrong"})
        self.send("sign-in-wrong-code", "/sign-in", "/sign-in/code", {"state": "gwi_x", "code": "000000"})
        self.send("sign-in-wrong-passkey", "/sign-in", "/sign-in/passkey", {"state": "gwi_x", "response": "{}"})
        self.see("sign-in-provider-fails", "/sign-in/with/id/callback?state=x&code=x")
        self.send("onward", "/sign-in", "/sign-in/with/id")
        self.send("no-such-provider", "/sign-in", "/sign-in/with/nobody")
        self.see("authorize-error", "/oauth/authorize?client_id=nobody")
        self.see("sign-up", "/sign-up")
        self.send("sign-up-wrong", "/sign-up", "/sign-up", {"name": "Zoe", "login": "zoe", "password": "short"})
        for _ in range(6):
            post(self.alex, "/sign-in", "/sign-in", {"login": "robin", "password": "wrong"})
        self.send("sign-in-too-often", "/sign-in", "/sign-in", {"login": "robin", "password": "wrong"})

    def of_signing_in(self) -> None:
        """Kim's passkeys and one-time codes, from none to signing in with one."""
        post(self.alex, "/sign-in", "/sign-in", KIM)
        self.see("security", "/me/security")
        failed = {"state": "gwi_x", "response": "{}"}
        self.send("security-passkey-failed", "/me/security", "/me/security/passkeys", failed)
        options = post(self.alex, "/me/security", "/me/security/passkeys/options", {}).json()
        challenge = Challenge(options=options["options"], state=options["state"])
        made = Authenticator().create(challenge, rp_id="localhost", origin=self.site.issuer)
        passkey = {"state": challenge.state, "response": made}
        self.send("security-passkey-added", "/me/security", "/me/security/passkeys", passkey)
        self.send("security-code-failed", "/me/security", "/me/security/codes/confirm", {"state": "x", "code": "1"})
        setup = self.send("security-code-setup", "/me/security", "/me/security/codes").text
        secret = _found(r'small-code">([A-Z2-7]{32})<', setup)
        confirm = {"state": _found(r'name="state" value="(gwi_[^"]+)"', setup), "code": self._code(secret)}
        self.send("security-code-on", "/me/security", "/me/security/codes/confirm", confirm)
        with self.site.engine.begin() as connection:
            connection.execute(update(CREDENTIALS).values(last_used_at=self.clock()))
        self.see("security-passkey-and-codes", "/me/security")
        post(self.alex, "/me", "/sign-out", {})
        self.clock.advance(timedelta(seconds=STEP))
        asked = self.send("code", "/sign-in", "/sign-in", KIM | {"next": "/me/security"}).text
        code = {"state": _found(r'name="state" value="(gwi_[^"]+)"', asked), "code": self._code(secret)}
        assert post(self.alex, "/sign-in", "/sign-in/code", code | {"next": "/me"}).headers["location"] == "/me"
        self.clock.advance(timedelta(minutes=6))
        self.see("security-not-fresh", "/me/security")
        self.see("home-of-somebody-new", "/me")
        self.see("log-empty", "/me/log")
        self.see("not-there", "/me/grants/unknown")
        post(self.alex, "/me", "/sign-out", {})

    def _code(self, secret: str) -> str:
        return one_time_code(secret.encode(), int(self.clock().timestamp()) // STEP)

    def of_consent(self) -> None:
        """Alex is asked, looks, and answers; the accounts are in every health."""
        self.site.sign_in()
        self.site.accounts.accounts += [Account("lyft", "Lyft", "unavailable", self.clock())]
        path = self._ask("engagements", "ratings", "skills", "earnings")
        self.see("consent", path)
        self.send("consent-nothing-ticked", path, path, {"answer": "allow"})
        self.send("consent-all-ticked", path, path, {"answer": "all"})
        self.gateway.data = ANSWER
        self.send("consent-preview", path, path, {"answer": "preview"})
        self.gateway.data, self.gateway.errors = None, [{"message": "no", "path": ["viewer"]}]
        self.send("consent-preview-failed", path, path, {"answer": "preview"})
        empty = {"platform": {"name": "uber"}, "engagements": None, "ratings": [], "earnings": []}
        self.gateway.data, self.gateway.errors = {"viewer": {"worker": {"accounts": [empty]}}}, []
        self.send("consent-preview-empty", path, path, {"answer": "preview"})
        self.gateway.data = {"viewer": {"worker": {"accounts": []}}}
        self.send("consent-preview-unlinked", path, path, {"answer": "preview", "item": ["upwork:ratings"]})
        self.site.accounts.accounts[0].health = "relink_needed"
        self.see("consent-relink", path)
        self.site.accounts.accounts[0].health = "ok"
        self.send("consent-forged-item", path, path, {"answer": "allow", "item": ["uber:credentials"]})
        asked = [ask_in_inbox(self.site, purpose) for purpose in ("job_matching", "training")]
        self.see("home-requests", "/me")
        self.album.keep("consent-too-late", self._late(f"/consent/{asked[0]}"))
        for each in asked:
            post(self.alex, "/me/requests", f"/me/requests/{each}/refuse", {})
        self.site.sign_in()
        path = self._ask("ratings")
        post(self.alex, path, path, {"answer": "allow", "item": ["uber:ratings", "*:matching"]})
        self.see("request-answered", path)
        self.see("request-unknown", "/consent/gwq_unknown")

    def _ask(self, *categories: str) -> str:
        """Ask for categories at two platforms, and to find the worker."""
        asked = [("uber", categories), ("upwork", categories), ("*", ("matching",))]
        until = (self.clock() + timedelta(days=30)).isoformat()
        detail = {"type": "gig_data", "purpose": "job_matching", "expires_at": until}
        details = [detail | {"platforms": [platform], "categories": [*names]} for platform, names in asked]
        return self.site.ask_with(authorization_details=json.dumps(details))

    def _late(self, path: str) -> httpx2.Response:
        """The answer to a form that was opened 31 minutes ago and kept alive."""
        csrf = _found(r'name="csrf" value="(\w+)"', self.alex.get(path).text)
        for _ in range(2):
            self.clock.advance(timedelta(minutes=14))
            self.alex.get("/me")
        self.clock.advance(timedelta(minutes=2, seconds=30))
        return self.alex.post(path, data={"csrf": csrf, "answer": "allow", "item": ["uber:ratings"]})

    async def of_grants(self) -> None:
        """What was allowed: replaced, renamed, due, ended at once, and still stopping."""
        self.site.sign_in()
        (first,) = self.world.grants.of_worker(self.site.alex)
        self.see("home", "/me")
        self.see("grant-everywhere", f"/me/grants/{first.id}?given=1")
        path = self.site.ask_with(grant_management_action="replace", grant_id=first.id)
        self.see("consent-replaces", path)
        post(self.alex, path, path, {"answer": "allow", "item": ["uber:engagements"]})
        second = next(each for each in self.world.grants.of_worker(self.site.alex) if each.parent_id == first.id)
        with self.site.engine.begin() as connection:
            connection.execute(update(Actor).values(contact="privacy@nordic.example", version=col(Actor.version) + 1))
        rename(self.site)
        self.see("grant-changed-and-renamed", f"/me/grants/{second.id}")
        session = asking(client_id=self.site.client.client_id, grant_id=second.id)
        for _ in range(2):
            (decision,) = await self.world.gate.acquire([about("account-1", "engagements")], session)
            if _ == 0:
                await self.world.gate.release([decision.permit], session, {decision.permit: {"gig:engagements": 1}})
                await self.world.gate.acknowledge([decision.permit], session)
                self.see("home-after-a-read", "/me")
        self.world.stops._drain = 0.01
        self.send("grant-stopping", "/me", f"/me/grants/{second.id}/revoke")
        await self.world.gate.acknowledge([decision.permit], session)
        self.see("grant-confirmed", f"/me/grants/{second.id}")
        old = self.world.give(self.site.alex, [("uber", "ratings")], purpose="training", days=300)
        self.clock.advance(timedelta(days=91))
        self.site.sign_in()
        self.see("home-due", "/me")
        self.send("home-new-code", "/me", "/me/codes")
        self.see("home-with-codes", "/me")
        (decision,) = await self.world.gate.acquire([about("account-1", "ratings")], asking(purpose="training"))
        await self.world.grants.revoke(old.id, by="worker", by_id=self.site.alex, reason="withdrawn")

    def of_accounts(self) -> None:
        """Unlinking, at once and not."""
        self.send("unlinked", "/me", "/me/accounts/uber/unlink")
        accounts = self.site.accounts
        accounts.accounts[0].health, accounts.outcome = "relink_needed", Outcome("stopping")
        self.see("home-relink", "/me")
        self.send("unlinking", "/me", "/me/accounts/uber/unlink")
        kept, accounts.accounts = accounts.accounts, []
        self.see("home-without-platforms", "/me")
        accounts.accounts = kept

    def of_requests(self) -> None:
        """The inbox: empty, one, a test actor's, answered, blocked."""
        self.see("requests-empty", "/me/requests")
        first = ask_in_inbox(self.site)
        self.see("home-one-request", "/me")
        self.see("requests", "/me/requests")
        self.see("consent-in-inbox", f"/consent/{first}")
        self.send("requests-refused", "/me/requests", f"/me/requests/{first}/refuse")
        self.send("requests-gone", "/me/requests", f"/me/requests/{first}/refuse")
        second = ask_in_inbox(self.site)
        form = {"answer": "allow", "item": ["uber:ratings"]}
        self.send("grant-given-in-inbox", f"/consent/{second}", f"/consent/{second}", form)
        third = ask_in_inbox(self.site)
        self.send("requests-blocked", f"/consent/{third}", f"/consent/{third}", {"answer": "block"})
        self.send("requests-unblocked", "/me/requests", "/me/blocked/acme/unblock")
        self.see("request-too-old", self._too_old())
        reworded = self.site.ask()
        form = {"answer": "allow", "item": ["uber:ratings"], "worded": "engagements:0 ratings:0"}
        self.send("consent-reworded", reworded, reworded, form)
        trial(self.site)
        self.see("consent-of-a-test-actor", self.site.ask(categories=["ratings"]))
        alex, self.site.alex = self.site.alex, self.world.worker(("account-7", "uber"), is_test=True)
        ask_in_inbox(self.site, actor_id="trial")
        self.site.passwords.set_password(self.site.alex, "tried@worker.example", PASSWORD)
        tried = self.site.new_browser()
        post(tried, "/sign-in", "/sign-in", {"login": "tried@worker.example", "password": PASSWORD})
        self.see("requests-of-a-test-actor", "/me/requests", tried)
        self.site.alex = alex

    def _too_old(self) -> str:
        path = self.site.ask()
        self.clock.advance(timedelta(hours=1))
        self.site.sign_in()
        return path

    def of_the_log(self) -> None:
        """The log: what was allowed, turned away and not delivered; filtered, wrongly too; witnessed."""
        log = AuditLog(self.site.engine, SIGNER, clock=self.clock)
        log.advance()
        note = log.latest()
        assert note is not None
        line = WITNESS.signature(note.partition("\n\n")[0] + "\n", int(self.clock().timestamp()))
        assert Cosignatures(self.site.engine, [WITNESS.verifier], clock=self.clock).take(_size(note), line) is None
        with Session(self.site.engine) as session:
            for decision, reason in (("deny", "NO_GRANT"), ("allow", "DISCARDED")):
                event = {"worker_id": self.site.alex, "actor_id": "acme", "platform": "uber", "category": "ratings"}
                event |= {"decision": decision, "reason": reason, "repeats": 3, "salt": new_id()}
                session.add(AccessEvent(at=self.clock(), **event))
            session.commit()
        self.see("log", "/me/log")
        self.see("log-one-entry", "/me/log?decision=deny&actor=acme")
        self.see("log-no-date", "/me/log?from=x")
        self.see("log-no-days", "/me/log?from=2031-02-01&to=2031-01-01")
        log_lines(self.site, 45)
        self.see("log-newest", "/me/log")
        self.see("log-middle", "/me/log?before=30")

    def of_skills(self) -> None:
        """Skills, openings and ways to them: many, none, and not now; and wishes."""
        skills = [SKILL | {"skill": {"label": f"skill {number}"}} for number in range(14)]
        remote = OPENING | {"opportunity": OPENING["opportunity"] | {"remote": True, "place": None}}
        openings = {"totalCount": 2, "edges": [{"node": OPENING}, {"node": remote}]}
        why = [{"explanation": "31 sponsorships are income: no skill is claimed of them."}]
        self._answer("skills", skills=skills, opportunities=openings, unclaimed=why)
        self._answer("skills-one-more", skills=skills[:13])
        self._answer("skills-way", goal="opportunity:opportunity:shuttle")
        far = [PATHWAY | {"reachable": False}]
        self._answer("skills-out-of-reach", goal="opportunity:opportunity:shuttle", pathway=far)
        self._answer("skills-no-way", goal="occupation:x", pathway=None, skills=None, opportunities=None)
        self._answer("skills-none", skills=[], opportunities={"totalCount": 0, "edges": []})
        for account in self.site.accounts.accounts:
            account.health = "not_linked"
        self._answer("skills-unlinked", skills=[])
        self.see("wishes", "/me/wishes")
        filled = {"looking": "yes", "place": "Malmö", "remote": "ONLY", "unwanted": "rides\nparcels"}
        self.send("wishes-saved", "/me/wishes", "/me/wishes", filled)
        for name in ("place", "currency", "unwanted", "hours_per_week", "farthest_km", "least_pay"):
            self.send(f"wishes-wrong-{name}", "/me/wishes", "/me/wishes", filled | {name: "wrong"})

    def _answer(self, name: str, goal: str | None = None, **changes: Any) -> None:
        self.gateway.data = skills_answer(**changes)
        self.see(name, "/me/skills" if goal is None else f"/me/skills?goal={goal}")

    def of_leaving(self) -> None:
        """Downloads, and an erased account: Alex's, and one under which a read is still stopping."""
        self.see("data", "/me/data")
        self.send("erase-refused", "/me/data", "/me/erase", {"confirm": "no"})
        self.send("erasing", "/me/data", "/me/erase", {"confirm": "erase"})
        post(self.alex, "/sign-up", "/sign-up", {"name": "Zoe", "login": "zoe@worker.example", "password": PASSWORD})
        self.send("erased", "/me/data", "/me/erase", {"confirm": "erase"})


def _found(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    assert found, pattern
    return found.group(1)


def _size(note: str) -> int:
    return int(note.split("\n")[1])


@pytest.mark.anyio
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what a page looks like is the same on both
async def test_every_state_of_every_page_is_looked_at(make_site: Callable[..., Site], world: Any) -> None:
    every = Everything(make_site, world)
    every.at_the_door()
    every.of_signing_in()
    every.of_consent()
    await every.of_grants()
    every.of_accounts()
    every.of_requests()
    every.of_the_log()
    every.of_skills()
    every.of_leaving()
    unseen = every.album.unseen_routes(every.site.app.routes)
    assert [path for path in unseen if path not in FILES and not path.startswith(ELSEWHERE)] == []
    unseen = every.album.unseen_texts(TEMPLATES)
    assert [text for text in unseen if not text.startswith("statement.html: ")] == [], "a statement is kept, not shown"
    scripts = {name for name, page in every.album.pages.items() if "<script" in page.text}
    assert {name.partition("-")[0] for name in scripts} <= {"sign", "security", "no"}, "passkeys alone need a script"
    assert every.album.look() == []
