"""A platform with a subgraph of its own, from its registration to the worker's revocation, in a whole Gigway."""

import asyncio
import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from consent.oauth.actors import ActorRegistry
from gateway.cli import main
from gateway.config import load_settings
from gateway.demo.actor import ActorClient
from gateway.demo.browser import Browser
from gateway.server.app import create_app
from gateway.server.loopback import loopback_socket, serve_on
from gateway.storage.database import create_database_engine
from gateway.storage.keyring import generate_key
from tests.connectors.remote.acme_platform import ADA, HERE, run_acme

QUERY = """
query ($worker: ID!) {
  worker(id: $worker) {
    accounts {
      id
      platform { name fidelity }
      profile { displayName provenance { method } }
      engagements(first: 1) { edges { node { status } } }
      experience { completed }
      ratings { value }
      ... on AcmeAccount { bikes { wheelInches } }
    }
  }
}
"""
CALLBACK = "http://127.0.0.1:9/callback"


@pytest.fixture(scope="module")
def acme():
    with run_acme("strawberry") as platform:
        yield platform


@pytest.fixture
def environment(tmp_path, acme):
    return {
        "GIGWAY_DATABASE_URL": f"sqlite:///{tmp_path}/remote.db",
        "GIGWAY_MASTER_KEYS": generate_key("t1"),
        "GIGWAY_SANDBOX_URL": "http://127.0.0.1:1",
        "GIGWAY_PLATFORM_SANDBOXES": json.dumps({"acme": acme.url}),
        "GIGWAY_DEMO_LOGIN": "true",
    }


@pytest.fixture
def run(environment, acme, monkeypatch, capsys):
    """Return a function that runs `gigway connectors …` and returns what it prints."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SANDBOX_TOKEN", "token-ada")

    def call(*arguments):
        code = main(["connectors", *arguments])
        printed = capsys.readouterr()
        assert code == 0, printed.out + printed.err
        return printed.out

    return call


def new_actor(environment):
    engine = create_database_engine(environment["GIGWAY_DATABASE_URL"])
    registry = ActorRegistry(engine)
    actor_id = registry.create_actor(
        legal_name="Test Staffing Ltd",
        trading_name="Test Staffing",
        categories=["profile", "engagements", "experience", "ratings"],
        purposes=["job_matching"],
    )
    client = registry.create_client(actor_id, name="Test", redirect_uris=[CALLBACK])
    engine.dispose()
    return client


@contextlib.asynccontextmanager
async def gigway(environment):
    """Run a whole Gigway, with a browser of a signed-in worker."""
    with loopback_socket() as listener:
        issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = create_app(load_settings({**environment, "GIGWAY_ISSUER": issuer}))
        client = new_actor(environment)
        async with (
            serve_on(listener, app),
            Browser() as browser,
            ActorClient(issuer, client.client_id, client.client_secret, CALLBACK) as actor,
        ):
            page = await browser.open(f"{issuer}/sign-in")
            await browser.submit(page, page.form("/sign-in/demo"), button=("persona", "alex"))
            yield issuer, browser, actor


async def link(issuer, browser):
    page = await browser.open(f"{issuer}/link/acme")
    assert page.status == 200, page.text
    sign_in = await browser.submit(page, page.form("/link/acme"))
    home = await browser.submit(sign_in, sign_in.forms[0], button=("persona", ADA))
    assert (home.url, home.status) == (f"{issuer}/me", 200)


async def grant(browser, actor):
    """Let the worker allow everything that is asked for but ratings."""
    expires = datetime.now(UTC) + timedelta(days=30)
    url, state, verifier = actor.ask(
        {
            "type": "gig_data",
            "platforms": ["acme"],
            "categories": ["profile", "engagements", "experience", "ratings"],
            "purpose": "job_matching",
            "expires_at": expires.isoformat(timespec="seconds"),
        }
    )
    page = await browser.open(url)
    page = await browser.submit(page, page.form("/consent/"), button=("answer", "all"))
    form = page.form("/consent/")
    ticked = [(name, value) for name, value, _ in form.choices if "ratings" not in value]
    back = await browser.submit(page, form, ticked=ticked, button=("answer", "allow"), stop_at=CALLBACK)
    return await actor.redeem(back.url, state, verifier)


async def revoke(issuer, browser):
    home = await browser.open(f"{issuer}/me")
    form = next(each for each in home.forms if "/grants/" in each.action and each.action.endswith("/revoke"))
    return (await browser.submit(home, form)).text


def test_link_grant_query_down_revoke(run, environment, acme):
    assert "composes" in run("check", str(HERE / "acme.graphql"))
    printed = run("publish", str(HERE / "acme.graphql"), "--at", acme.url)
    run("approve", printed.split("gigway connectors approve ")[1].strip())
    acme.reset()

    async def story():
        async with gigway(environment) as (issuer, browser, actor):
            await link(issuer, browser)
            token = await grant(browser, actor)
            worker, access = {"worker": token["worker"]}, token["access_token"]
            _, answer, _ = await actor.query(access, QUERY, worker)
            acme.down = True
            _, without, _ = await actor.query(access, QUERY, worker)
            acme.down = False
            told = await revoke(issuer, browser)
            acme.seen.clear()
            status, _, _ = await actor.query(access, QUERY, worker)
            return answer, without, told, status

    answer, without, told, status = asyncio.run(story())
    (account,) = answer["data"]["worker"]["accounts"]
    assert account["platform"] == {"name": "acme", "fidelity": "DOCUMENTED"}
    assert account["profile"] == {"displayName": "Ada Courier", "provenance": {"method": "REMOTE_SUBGRAPH"}}
    assert account["engagements"] == {"edges": [{"node": {"status": "COMPLETED"}}]}
    assert account["experience"] == [{"completed": 4}]
    assert account["bikes"] == [{"wheelInches": 28}, {"wheelInches": 20}]
    assert account["ratings"] is None
    (refused,) = answer["errors"]
    assert refused["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    (missing,) = without["data"]["worker"]["accounts"]
    assert (missing["platform"]["name"], missing["profile"], missing["bikes"]) == ("acme", None, None)
    codes = {error["extensions"]["code"] for error in without["errors"]}
    assert codes == {"UNAUTHORIZED_FIELD_OR_TYPE", "UPSTREAM_UNAVAILABLE"}
    assert "confirmed" in told.lower()
    assert status == 401
    assert acme.seen == []
