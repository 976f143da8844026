"""The story in seven steps, each of which says what it saw or how it went differently."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from gateway.demo.actor import ActorClient, ActorError
from gateway.demo.browser import Browser, BrowserError, Page
from gateway.demo.stage import ACTOR_NAME, PAUSE_SECONDS, TRIES, Stage

PURPOSE = "job_matching"
PERSONA_AT_PLATFORMS = "alex.sandberg@sandbox.example"
PLATFORMS = ("uber", "upwork", "lyft", "freelancer", "fiverr", "creatorup")
"""Where the worker has accounts."""

REFUSED = ("upwork", "engagements")
"""What the worker unticks."""

FIRST_QUESTION = "query ($worker: ID!) { worker(id: $worker) { id accounts { id engagements { totalCount } } } }"

QUESTION = """
query ($worker: ID!, $target: ID!) {
  worker(id: $worker) {
    id
    accounts {
      __typename
      platform { name displayName fidelity simulated }
      engagements(first: 5) {
        totalCount
        edges { node { kind title status period { start end } place { city } } }
        provenance { connector method fidelity simulated fetchedAt coverage { complete reason } }
      }
      ratings { scheme { name min max } value normalized sampleSize provenance { fidelity } }
    }
    skills { skill { label } proficiency low high explanation sources { platform kind completed fidelity } }
    pathway(to: { opportunity: $target }, first: 1) {
      reachable explanation totalHours totalCost { amount currency }
      steps { kind title hours cost { amount currency } why }
    }
    opportunities(first: 3) {
      edges { node { score explanation opportunity { title pay { min max currency per } } missing { label } } }
    }
  }
}
"""

FIRST_LOOK = """
query ($worker: ID!) {
  worker(id: $worker) {
    accounts {
      platform { displayName simulated }
      engagements(first: 3) { totalCount edges { node { kind status period { start } place { city } } } }
      ratings { scheme { name min max } value sampleSize }
    }
    skills { skill { label } proficiency explanation }
  }
}
"""

TARGETS = (
    '{ opportunities(search: "dispatch", first: 50) { edges { node { id title pay { min max currency per } } } } }'
)


class DifferentError(Exception):
    """A step went differently from the story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How one step went, in one line; `details` are more lines for the terminal."""

    number: int
    title: str
    ok: bool
    seen: str
    details: tuple[str, ...] = ()


@dataclass(slots=True)
class Memory:
    """What the steps leave to one another."""

    own_token: str = ""
    grant_token: str = ""
    worker: str = ""
    target: tuple[str, str] = ("", "")
    details: list[str] = field(default_factory=list)


class Story:
    """Plays the steps in order. After a failed step the rest is played all the same, and may fail as well."""

    def __init__(self, stage: Stage, browser: Browser, actor: ActorClient) -> None:
        self._stage = stage
        self._browser = browser
        self._actor = actor
        self.memory = Memory()

    async def play(self) -> AsyncIterator[Played]:
        """Play every step and say how it went."""
        steps: tuple[tuple[str, Callable[[], Awaitable[str]]], ...] = (
            ("a contact code and no grant: nothing is told, nothing is fetched", self._ask_without_grant),
            ("the worker links six accounts", self._link_accounts),
            ("the worker reads the request, unticks one item and allows", self._consent),
            ("one query: live gigs, skills, a pathway, opportunities", self._query),
            ("one platform is down: its fields alone are missing", self._query_with_platform_down),
            ("the worker revokes: confirmed, and nothing is fetched any more", self._revoke),
            ("the access log shows every access and denial", self._read_log),
        )
        for number, (title, step) in enumerate(steps, 1):
            self.memory.details.clear()
            try:
                seen, ok = await step(), True
            except (DifferentError, BrowserError, ActorError, LookupError, TypeError) as error:
                seen, ok = f"{type(error).__name__.removesuffix('Error').lower()}: {error}", False
            yield Played(number=number, title=title, ok=ok, seen=seen, details=tuple(self.memory.details))

    async def _ask_without_grant(self) -> str:
        home = await self._sign_in()
        answer = await self._browser.submit(home, home.form("/me/codes"))
        code = re.search(r"GW(?:-[0-9A-Z]{4}){2,}", answer.text)
        expect(code is not None, "the page shows no contact code")
        assert code is not None
        before = await self._stage.last_call()
        self.memory.own_token = await self._actor.own_token(PURPOSE)
        told = [
            await self._actor.query(self.memory.own_token, FIRST_QUESTION, {"worker": who})
            for who in (code.group(), "GW-7777-7777-7777", "no such worker")
        ]
        expect(all(answer == told[0] for answer in told[1:]), "a worker who exists is answered differently")
        _, answer_body, _ = told[0]
        error = answer_body["errors"][0]
        expect(answer_body["data"] == {"worker": None}, f"data is {answer_body['data']}")
        expect(error["extensions"]["code"] == "CONSENT_REQUIRED", f"the code is {error['extensions']}")
        expect(error["extensions"]["authorizeUrl"].startswith(self._stage.issuer), "it does not say where to ask")
        calls = await self._stage.calls_since(before)
        expect(not calls, f"{len(calls)} calls were made to platforms")
        return "CONSENT_REQUIRED, the same for unknown workers; 0 platform calls"

    async def _link_accounts(self) -> str:
        for platform in PLATFORMS:
            page = await self._browser.open(f"{self._stage.issuer}/link/{platform}")
            sign_in = await self._browser.submit(page, page.form(f"/link/{platform}"))
            expect(sign_in.url.startswith(self._stage.sandbox), f"{platform} did not ask to sign in")
            form = next(form for form in sign_in.forms if ("persona", PERSONA_AT_PLATFORMS) in values_of(form))
            back = await self._browser.submit(sign_in, form, button=("persona", PERSONA_AT_PLATFORMS))
            expect(
                back.url.startswith(self._stage.issuer) and back.status == 200, f"{platform}: {back.url} {back.status}"
            )
        return f"{len(PLATFORMS)} accounts linked by OAuth at each platform; tokens are encrypted at rest"

    async def grant_again(self) -> None:
        """Let the worker grant the same once more, so that there is something to look at after the story."""
        await self._consent()

    async def _consent(self) -> str:
        url, state, verifier = self._actor.ask(request_for_a_month())
        page = await self._browser.open(url)
        expect(ACTOR_NAME in page.text, "the page does not say who asks")
        expect(
            not any(on for _, _, on in page.form("/consent/").choices), "something is ticked before the worker chose"
        )
        page = await self._browser.submit(page, page.form("/consent/"), button=("answer", "all"))
        form = page.form("/consent/")
        unticked = [
            (name, value) for name, value, _ in form.choices if not all(part in f"{name} {value}" for part in REFUSED)
        ]
        expect(len(unticked) == len(form.choices) - 1, f"{len(form.choices)} items are offered")
        callback = await self._browser.submit(
            page, form, ticked=unticked, button=("answer", "allow"), stop_at=self._stage.redirect_uri
        )
        expect(
            callback.status == 0,
            f"the browser was not sent back to the actor: {callback.url} {callback.status} {callback.text[:300]}",
        )
        token = await self._actor.redeem(callback.url, state, verifier)
        self.memory.grant_token, self.memory.worker = token["access_token"], token["worker"]
        return f"{len(unticked)} of {len(form.choices)} items allowed for 30 days; the actor has its token"

    async def _query(self) -> str:
        before = await self._stage.last_call()
        self.memory.target = await self._choose_target()
        answer = await self._ask()
        worker = answer["data"]["worker"]
        accounts = {account["platform"]["name"]: account for account in worker["accounts"]}
        expect(set(accounts) == set(PLATFORMS), f"accounts: {sorted(accounts)}")
        uber, upwork = accounts["uber"], accounts["upwork"]
        expect(bool(uber["engagements"]["edges"]) and bool(uber["ratings"]), "Uber's gigs or ratings are missing")
        expect(upwork["engagements"] is None and bool(upwork["ratings"]), "Upwork is not as granted")
        denied = [e for e in answer["errors"] if e["extensions"]["code"] == "CONSENT_REQUIRED"]
        expect(len(denied) == 1 == len(answer["errors"]), f"errors: {[e['extensions'] for e in answer['errors']]}")
        expect(denied[0]["extensions"]["reason"] == "REFUSED", f"the reason is {denied[0]['extensions']}")
        expect(bool(worker["skills"]) and bool(worker["skills"][0]["sources"]), "no skills with sources")
        pathway = worker["pathway"][0]
        expect(any(step["kind"] == "TRAINING" for step in pathway["steps"]), "the pathway has no training step")
        expect(bool(worker["opportunities"]["edges"]), "no opportunities")
        calls = await self._stage.calls_since(before)
        expect(bool(calls), "nothing was fetched")
        for name in PLATFORMS[2:]:
            ratings = accounts[name]["ratings"]
            rating = f"{ratings[0]['value']} of {ratings[0]['scheme']['max']}" if ratings else "none"
            found = accounts[name]["engagements"]
            count = found["totalCount"] if found["totalCount"] is not None else f"{len(found['edges'])} or more"
            self._tell(f"{name}: {count} engagements, rating {rating}")
        skills = ", ".join(evidence["skill"]["label"] for evidence in worker["skills"][:3])
        self._tell(f"uber: {uber['engagements']['totalCount']} engagements, rating {uber['ratings'][0]['value']}")
        self._tell(
            f"upwork: engagements null ({denied[0]['extensions']['reason']}), rating {upwork['ratings'][0]['value']}"
        )
        self._tell(f"skills: {skills}, …")
        self._tell(f"pathway to {self.memory.target[1]}: {len(pathway['steps'])} steps, {pathway['totalHours']} h")
        self._tell(f"best match: {worker['opportunities']['edges'][0]['node']['opportunity']['title']}")
        return f"{len(worker['skills'])} skills from {len(calls)} live calls; what was unticked is null with its reason"

    async def _query_with_platform_down(self) -> str:
        await self._stage.switch("uber", on=False)
        try:
            answer = await self._ask()
        finally:
            await self._stage.switch("uber", on=True)
        accounts = {account["platform"]["name"]: account for account in answer["data"]["worker"]["accounts"]}
        expect(accounts["uber"]["engagements"] is None and accounts["uber"]["ratings"] is None, "Uber still answers")
        expect(bool(accounts["upwork"]["ratings"]), "Upwork was harmed")
        down = [e for e in answer["errors"] if e["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"]
        places = {tuple(e["path"][:3]) for e in down}
        index = next(i for i, a in enumerate(answer["data"]["worker"]["accounts"]) if a["platform"]["name"] == "uber")
        expect(places == {("worker", "accounts", index)}, f"UPSTREAM_UNAVAILABLE at {sorted(places)}")
        expect(bool(answer["data"]["worker"]["skills"]), "skills from the other platforms are missing")
        missing = [m for m in answer["extensions"]["missing"] if m["path"] == ["worker", "skills"]]
        expect(any(m["service"] == "uber" for m in missing), f"what the skills lack is not said: {missing}")
        return (
            f"{len(down)} fields of Uber null with UPSTREAM_UNAVAILABLE; the others answer, skills say what they lack"
        )

    async def _revoke(self) -> str:
        home = await self._browser.open(f"{self._stage.issuer}/me")
        form = next(form for form in home.forms if form.action.endswith("/revoke") and "/grants/" in form.action)
        answer = await self._browser.submit(home, form)
        expect("confirmed" in answer.text.lower(), f"the page does not say confirmed: {answer.text[:300]}")
        before = await self._stage.last_call()
        variables = {"worker": self.memory.worker}
        status, _, challenge = await self._actor.query(self.memory.grant_token, FIRST_QUESTION, variables)
        expect(status == 401 and 'error="invalid_token"' in challenge, f"the grant's token gets {status} {challenge}")
        _, body, _ = await self._actor.query(self.memory.own_token, FIRST_QUESTION, variables)
        code = body["errors"][0]["extensions"]["code"]
        expect(body["data"] == {"worker": None} and code == "CONSENT_REQUIRED", f"the own token gets {body}")
        calls = await self._stage.calls_since(before)
        expect(not calls, f"{len(calls)} calls were made after the revocation")
        return "confirmed; 401 invalid_token, CONSENT_REQUIRED; 0 platform calls since"

    async def _read_log(self) -> str:
        page = await self._browser.open(f"{self._stage.issuer}/me/log")
        text = page.text.lower()
        expect(ACTOR_NAME.lower() in text, "the log does not say who")
        for word in ("uber", "upwork", "gigs", "ratings", "skills", "finding work"):
            expect(word in text, f"the log does not mention {word}")
        allowed, denied = text.count("allowed") - 1, text.count("turned away") - 1  # the filter offers each word once
        expect(allowed > 0 and denied > 0, f"{allowed} allowed, {denied} turned away")
        return f"who, what, why and when: {allowed} accesses, {denied} turned away"

    async def _sign_in(self) -> Page:
        page = await self._browser.open(f"{self._stage.issuer}/sign-in")
        form = page.form("/sign-in/demo")
        home = await self._browser.submit(page, form, button=("persona", "alex"))
        if not home.url.endswith("/me"):
            home = await self._browser.open(f"{self._stage.issuer}/me")
        expect(home.status == 200 and home.url.endswith("/me"), f"signing in led to {home.url} {home.status}")
        return home

    async def _choose_target(self) -> tuple[str, str]:
        """Return the best-paid opening that the simulated job board offers; the graph follows its feed in moments."""
        found: list[dict[str, Any]] = []
        for _ in range(TRIES):
            _, body, _ = await self._actor.query(self.memory.grant_token, TARGETS, {})
            found = [edge["node"] for edge in body["data"]["opportunities"]["edges"]]
            if found and all(node["id"].startswith("opportunity:job_board:") for node in found):
                break
            await asyncio.sleep(PAUSE_SECONDS)
        expect(bool(found), "the job board's openings are not there")
        best = min(found, key=lambda node: (-float(node["pay"]["max"]), node["id"]))
        return best["id"], best["title"]

    async def _ask(self) -> dict[str, Any]:
        variables = {"worker": self.memory.worker, "target": self.memory.target[0]}
        status, body, _ = await self._actor.query(self.memory.grant_token, QUESTION, variables)
        expect(status == 200 and body.get("data") and body["data"]["worker"], f"{status} {body}")
        return body

    def _tell(self, line: str) -> None:
        self.memory.details.append(line)


def request_for_a_month() -> dict[str, Any]:
    """Return what the actor asks for: engagements, ratings and skills at both platforms, for 30 days."""
    expires = datetime.now(UTC) + timedelta(days=30)
    return {
        "type": "gig_data",
        "platforms": list(PLATFORMS),
        "categories": ["engagements", "ratings", "skills"],
        "purpose": PURPOSE,
        "expires_at": expires.isoformat(timespec="seconds"),
    }


def expect(holds: object, otherwise: str) -> None:
    """Raise `DifferentError` unless `holds`."""
    if not holds:
        raise DifferentError(otherwise)


def values_of(form: Any) -> list[tuple[str, str]]:
    """Return the (name, value) pairs that a form's controls can send."""
    return [*form.fields, *form.buttons, *((name, value) for name, value, _ in form.choices)]


def graphiql_address(stage: Stage, token: str, worker: str) -> str:
    """Return GraphiQL's address with token and worker in the fragment, which is not sent."""
    return f"{stage.issuer}/graphiql#token={quote(token)}&worker={quote(worker)}"
