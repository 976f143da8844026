"""What workers earn is read to count, over HTTP and the sandbox's platforms, of those who agreed to that."""

import asyncio

import aiohttp
import pytest

from consent.grants.lifecycle import GrantService
from consent.grants.standing import StandingConsents
from consent.leases.keeper import LeaseKeeper
from consent.oauth.actors import ActorRegistry
from consent.stops.stopping import Stops
from consent.vocabulary import CATEGORIES, FORMER_CATEGORIES
from gateway.demo.browser import Browser
from gateway.storage.keyring import parse_keyring
from gateway.storage.vault import Vault
from graph.counting.releases import ReleaseStore
from tests.e2e.test_finding import ALEX, gigway, give, link_uber, rows, until  # noqa: F401 - a fixture

LABOUR, GRANTED = "labour_statistics", [("*", "statistics")]


async def called(environment, since=0):
    """Return the paths that Uber was asked for since then, and where its log stands."""
    async with (
        aiohttp.ClientSession(base_url=environment["GIGWAY_SANDBOX_URL"]) as sandbox,
        sandbox.get(f"/control/log?platform=uber&kind=api&since_seq={since}") as answer,
    ):
        told = await answer.json()
    return {each["path"].partition("?")[0].rpartition("/")[2] for each in told["entries"]}, told["last_seq"]


def made(engine, actor_id):
    return lambda: rows(
        engine, "SELECT 1 FROM statistics_release WHERE sealed IS NOT NULL AND actor_id = :a", a=actor_id
    )


async def play(environment, engine):
    registry = ActorRegistry(engine)
    grants = GrantService(engine, Stops(engine, LeaseKeeper(engine)))
    offices = []
    for name in ("North", "South"):
        actor_id = registry.create_actor(
            legal_name=name, trading_name=name, categories=["statistics"], purposes=[LABOUR]
        )
        offices.append((actor_id, registry.create_client(actor_id, name=name, redirect_uris=["http://127.0.0.1:9/x"])))
    async with Browser() as browser:
        await link_uber(browser, environment["GIGWAY_ISSUER"])
    _, mark = await called(environment)
    (north, client), (south, other) = offices
    with pytest.MonkeyPatch.context() as before:
        before.setitem(CATEGORIES, "statistics", FORMER_CATEGORIES[0])
        older = give(engine, grants, client, north, ALEX, GRANTED, LABOUR)
    await until(made(engine, north))
    by_skills, mark = await called(environment, mark)
    newer = give(engine, grants, other, south, ALEX, GRANTED, LABOUR)
    await until(made(engine, south))
    by_pay, _ = await called(environment, mark)
    vault = Vault(parse_keyring(environment["GIGWAY_MASTER_KEYS"]))
    store = ReleaseStore(engine, vault, StandingConsents(engine))
    counted = [store.counted(actor, LABOUR, {older, newer})[grant] for actor, grant in ((north, older), (south, newer))]
    return by_skills, by_pay, counted


def test_earnings_are_read_of_those_who_agreed_to_it_and_of_nobody_else(gigway):  # noqa: F811
    environment, engine, *_ = gigway
    by_skills, by_pay, (first, second) = asyncio.run(play(environment, engine))
    assert "trips" in by_skills & by_pay
    assert "payments" in by_pay - by_skills
    assert first.contribution.pay is None
    assert {currency for currency, _ in second.contribution.pay} == {"USD"}
    assert first.contribution.lacking == second.contribution.lacking
    events = rows(engine, "SELECT category, decision, platform, records, token_ref FROM access_event")
    assert {(each.category, each.decision, each.token_ref) for each in events} == {
        ("statistics", "allow", "background count")
    }
    assert all(each.records for each in events if each.platform == "uber")
    assert rows(engine, "SELECT 1 FROM fetch_lease") == []
