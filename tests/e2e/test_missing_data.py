"""One query that shows why data is missing, for each reason; third parties and places stay as coarse as was allowed."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from consent.oauth.actors import ActorRegistry
from gateway.demo.actor import ActorClient
from gateway.demo.browser import Browser
from gateway.storage.database import create_database_engine
from tests.e2e.beside_a_sandbox import beside_a_sandbox

ALEX, PRIYA = "alex.sandberg@sandbox.example", "priya.parttime@sandbox.example"
CALLBACK = "http://127.0.0.1:9/callback"
ASKED = ["profile", "engagements", "earnings", "ratings", "reviews", "location"]
GRANTED = ["profile", "engagements", "ratings"]
QUERY = """
query ($worker: ID!) {
  worker(id: $worker) {
    accounts {
      platform { name }
      engagements(first: 60) {
        edges {
          node {
            title
            counterparty { pseudonym kind }
            place { city point { latitude } }
            earnings { amount }
            ratings { value text provenance { missing { field reason } } }
            provenance { missing { field reason } }
          }
        }
      }
    }
  }
}
"""


@contextlib.asynccontextmanager
async def gigway(folder):
    """A whole Gigway beside its sandbox; yields its address, the sandbox's, a worker's browser and an actor."""
    async with beside_a_sandbox(folder) as (settings, sandbox):
        engine = create_database_engine(settings.database_url)
        registry = ActorRegistry(engine)
        actor_id = registry.create_actor(
            legal_name="Test Ltd", trading_name="Test", categories=ASKED, purposes=["job_matching"]
        )
        client = registry.create_client(actor_id, name="Test", redirect_uris=[CALLBACK])
        engine.dispose()
        async with (
            Browser() as browser,
            ActorClient(settings.issuer, client.client_id, client.client_secret, CALLBACK) as actor,
        ):
            page = await browser.open(f"{settings.issuer}/sign-in")
            await browser.submit(page, page.form("/sign-in/demo"), button=("persona", "alex"))
            yield settings.issuer, sandbox, browser, actor


async def _link(issuer, browser, platform, persona):
    page = await browser.open(f"{issuer}/link/{platform}")
    sign_in = await browser.submit(page, page.form(f"/link/{platform}"))
    form = next(each for each in sign_in.forms if ("persona", persona) in each.buttons + each.fields)
    await browser.submit(sign_in, form, button=("persona", persona))


async def _grant(browser, actor, ticked):
    expires = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")
    asked = {"type": "gig_data", "platforms": ["uber", "upwork", "lyft"], "categories": ASKED}
    url, state, verifier = actor.ask(asked | {"purpose": "job_matching", "expires_at": expires})
    page = await browser.open(url)
    back = await browser.submit(
        page, page.form("/consent/"), ticked=ticked, button=("answer", "allow"), stop_at=CALLBACK
    )
    return await actor.redeem(back.url, state, verifier)


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What the query brings: with the grant's own token, and with a token of the actor's for all its grants."""

    async def ask():
        async with gigway(tmp_path_factory.mktemp("missing")) as (issuer, sandbox, browser, actor):
            for platform, persona in (("uber", ALEX), ("lyft", ALEX), ("upwork", PRIYA)):
                await _link(issuer, browser, platform, persona)
            allowed = [("item", f"{platform}:{each}") for platform in ("uber", "upwork", "lyft") for each in GRANTED]
            # At Uber everything: there the platform fails, not the consent.
            token = await _grant(browser, actor, [*allowed, ("item", "uber:earnings"), ("item", "upwork:location")])
            async with (
                aiohttp.ClientSession() as session,
                session.post(
                    f"{sandbox}/control/platforms/uber", json={"drift": {"payments": "disbursements"}}
                ) as answer,
            ):
                assert answer.status == 200
            everything = " ".join(f"gig:{each}" for each in ASKED)
            own = await actor.own_token("job_matching", scope=everything)
            return [
                (await actor.query(each, QUERY, {"worker": token["worker"]}))[1]
                for each in (token["access_token"], own)
            ]

    return asyncio.run(ask())


def _nodes(answer, platform):
    accounts = answer["data"]["worker"]["accounts"]
    connection = next(each for each in accounts if each["platform"]["name"] == platform)["engagements"]
    return [edge["node"] for edge in connection["edges"]]


def _reasons(nodes):
    return {(each["field"], each["reason"]) for node in nodes for each in node["provenance"]["missing"]}


@pytest.mark.parametrize("token", [0, 1], ids=["of the grant", "of the actor"])
def test_each_reason_is_told(answers, token):
    uber, lyft, upwork = (_reasons(_nodes(answers[token], name)) for name in ("uber", "lyft", "upwork"))
    assert ("title", "NOT_SUPPORTED") in uber
    assert ("earnings", "UPSTREAM_ERROR") in uber
    assert ("earnings", "NOT_CONSENTED") in lyft
    assert ("earnings", "NOT_CONSENTED") in upwork
    assert ("ratings", "REDACTED_THIRD_PARTY") in upwork
    texts = {
        (each["field"], each["reason"])
        for node in _nodes(answers[token], "upwork")
        for rating in node["ratings"]
        for each in rating["provenance"]["missing"]
    }
    assert ("text", "NOT_CONSENTED") in texts
    assert "NOT_RETURNED" in {reason for found in (uber, lyft, upwork) for _, reason in found}


def test_nothing_is_there_of_what_was_not_consented(answers):
    for answer in answers:
        for name in ("uber", "lyft", "upwork"):
            for node in _nodes(answer, name):
                assert name == "uber" or node["earnings"] is None
                assert all(rating["text"] is None for rating in node["ratings"] or ())
                assert (node["place"] or {}).get("point") is None


def test_other_people_have_pseudonyms_that_differ_from_their_names(answers):
    for answer in answers:
        others = [node["counterparty"] for node in _nodes(answer, "upwork") if node["counterparty"]]
        assert others
        assert all(len(each["pseudonym"]) == 24 and each["pseudonym"].isalnum() for each in others)
