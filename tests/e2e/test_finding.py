"""Being found, over HTTP and the sandbox's platforms: from the worker's consent to the actor's list, and out of it."""

import asyncio
import contextlib
import io
import json
import socket
import threading

import aiohttp
import pytest
import uvicorn
from sqlalchemy import text
from sqlmodel import Session

from connectors.sandbox.app import create_sandbox
from connectors.sandbox.settings import SandboxSettings
from consent.columns import utc_now
from consent.grants.lifecycle import GrantService
from consent.leases.keeper import LeaseKeeper
from consent.models import Worker
from consent.oauth.actors import ActorRegistry
from consent.stops.stopping import Stops
from gateway import cli
from gateway.config import load_settings
from gateway.demo.browser import Browser
from gateway.server.app import create_app
from gateway.server.demo_workers import PERSONAS
from gateway.storage.database import create_database_engine
from gateway.storage.keyring import generate_key
from graph.counting import publisher
from graph.finding.rankings import RankingLog
from tests.granting import give_grant

ALEX, ROBIN = PERSONAS[0].worker_id, PERSONAS[1].worker_id
AT_SANDBOX = "alex.sandberg@sandbox.example"
SEARCH = """query ($id: ID!) { opportunity(id: $id) { candidates(first: 5) {
  ranking edges { node { id match(opportunity: $id) { score missing { label } features { name value } } } } } } }"""


def run_server(app, listening):
    server = uvicorn.Server(uvicorn.Config(app, ws="none", log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    return server, thread


@pytest.fixture(scope="module")
def gigway(tmp_path_factory):
    publisher.POLL_SECONDS = 0.2
    folder = tmp_path_factory.mktemp("finding")
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    port, sandbox_port = (each.getsockname()[1] for each in listening)
    environment = {
        "GIGWAY_DATABASE_URL": f"sqlite:///{folder}/f.db",
        "GIGWAY_MASTER_KEYS": generate_key("t1"),
        "GIGWAY_ISSUER": f"http://127.0.0.1:{port}",
        "GIGWAY_SANDBOX_URL": f"http://127.0.0.1:{sandbox_port}",
        "GIGWAY_DEMO_LOGIN": "true",
    }
    app = create_app(load_settings(environment))
    running = [
        run_server(create_sandbox(SandboxSettings(public_url=f"http://127.0.0.1:{sandbox_port}")), listening[1]),
        run_server(app, listening[0]),
    ]
    engine = create_database_engine(environment["GIGWAY_DATABASE_URL"])
    registry = ActorRegistry(engine)
    actor_id = registry.create_actor(
        legal_name="T", trading_name="T", categories=["skills", "matching"], purposes=["job_matching"]
    )
    client = registry.create_client(actor_id, name="T", redirect_uris=["http://127.0.0.1:9/callback"])
    yield environment, engine, actor_id, client
    engine.dispose()
    for (server, thread), each in zip(running, listening, strict=True):
        server.should_exit = True
        thread.join()
        each.close()


def give(engine, grants, client, actor_id, worker_id, granted, purpose="job_matching"):
    return give_grant(
        engine,
        grants,
        worker_id=worker_id,
        client_id=client.client_id,
        actor_id=actor_id,
        granted=granted,
        purpose=purpose,
    )


def rows(engine, query, **values):
    with engine.connect() as connection:
        return connection.execute(text(query), values).all()


@contextlib.contextmanager
def ended_in_between(engine, grant_id):
    """End a grant after the search has found its worker and before the answer leaves."""
    write = RankingLog.write

    def write_and_end(*arguments, **options):
        entry = write(*arguments, **options)
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE consent_grant SET status = 'withdrawn', ended_at = granted_at WHERE id = :id"),
                {"id": grant_id},
            )
        return entry

    RankingLog.write = write_and_end
    try:
        yield
    finally:
        RankingLog.write = write


def command(environment, *arguments):
    """Run `gigway matching …` as an operator would, and return its exit code and what it printed."""
    said = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patched,
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        for name, value in environment.items():
            patched.setenv(name, value)
        code = cli.main(["matching", *arguments])
    return code, said.getvalue()


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - another process's doing
            await asyncio.sleep(0.05)


async def play(gigway):
    environment, engine, actor_id, client = gigway
    issuer = environment["GIGWAY_ISSUER"]
    grants = GrantService(engine, Stops(engine, LeaseKeeper(engine)))
    async with Browser() as browser:
        await link_uber(browser, issuer)
        wrong = await want(browser, issuer, {"place": "Atlantis"})
        right = await want(browser, issuer, {"place": "Lund", "hours_per_week": "20"})
        kept = await browser.open(f"{issuer}/me/data.json")
    # Robin has nothing to show and is not linked anywhere; Alex drives.
    alex = give(engine, grants, client, actor_id, ALEX, [("*", "matching"), ("uber", "skills")])
    robin = give(engine, grants, client, actor_id, ROBIN, [("*", "matching"), ("uber", "skills")])
    give(engine, grants, client, actor_id, add_worker(engine), [("uber", "skills")])  # does not want to be found
    give(engine, grants, client, actor_id, ALEX, [("*", "statistics")], purpose="labour_statistics")
    leaving = give(engine, grants, client, actor_id, add_worker(engine), [("*", "matching"), ("uber", "skills")])
    await until(lambda: len(rows(engine, "SELECT 1 FROM matching_vector")) == 3)
    await until(lambda: rows(engine, "SELECT 1 FROM statistics_release WHERE sealed IS NOT NULL"))
    answers, told = [], []
    async with aiohttp.ClientSession(base_url=issuer) as actor:
        login = {
            "grant_type": "client_credentials",
            "authorization_details": '[{"type": "gig_data", "purpose": "job_matching"}]',
        }
        basic = {"Authorization": aiohttp.encode_basic_auth(client.client_id, client.client_secret)}
        async with actor.post("/oauth/token", data=login, headers=basic) as answer:
            headers = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
        asked = {"id": await driving(actor)}
        with ended_in_between(engine, leaving):
            async with actor.post("/graphql", json={"query": SEARCH, "variables": asked}, headers=headers) as answer:
                cut = await answer.json(content_type=None)
        assert cut["data"]["opportunity"]["candidates"] is None
        assert {each["extensions"]["code"] for each in cut["errors"]} == {"CONSENT_ENDED"}
        for grant_id in (alex, robin, None):
            body = {"query": SEARCH, "variables": asked}
            async with actor.post("/graphql", json=body, headers=headers) as answer:
                answers.append(await answer.json(content_type=None))
            ranking = answers[0]["data"]["opportunity"]["candidates"]["ranking"]
            told.append(await asyncio.to_thread(command, environment, "replay", ranking))
            if grant_id is not None:
                await grants.revoke(grant_id, by="worker", reason="test")
    return answers, told, (wrong, right, json.loads(kept.html))


async def link_uber(browser, issuer):
    """Sign Alex in and link their account at Uber."""
    page = await browser.open(f"{issuer}/sign-in")
    await browser.submit(page, page.form("/sign-in/demo"), button=("persona", PERSONAS[0].key))
    page = await browser.open(f"{issuer}/link/uber")
    sign_in = await browser.submit(page, page.form("/link/uber"))
    form = next(form for form in sign_in.forms if AT_SANDBOX in str(form))
    await browser.submit(sign_in, form, button=("persona", AT_SANDBOX))


async def want(browser, issuer, wishes):
    page = await browser.open(f"{issuer}/me/wishes")
    return await browser.submit(page, page.form("/me/wishes"), wishes)


async def driving(actor):
    """Return an opportunity that takes no licence, once the job board's are there."""
    query = '{ opportunities(search: "delivery driver", first: 1) { edges { node { id } } } }'
    async with asyncio.timeout(20):
        while True:
            async with actor.post("/graphql", json={"query": query}) as answer:
                edges = (await answer.json(content_type=None))["data"]["opportunities"]["edges"]
            if edges and ":job_board:" in edges[0]["node"]["id"]:
                return edges[0]["node"]["id"]
            await asyncio.sleep(0.1)


def add_worker(engine):
    with Session(engine) as session:
        worker = Worker(created_at=utc_now())
        session.add(worker)
        session.commit()
        return worker.id


def test_a_worker_is_found_while_they_want_to_be_and_sees_it_in_their_log(gigway):
    (first, second, third), told, (wrong, right, kept) = asyncio.run(play(gigway))
    assert (wrong.status, "This city is not on the list" in wrong.text) == (422, True)
    assert (right.status, "Saved." in right.text) == (200, True)
    assert (kept["wishes"]["place"], kept["wishes"]["hours_per_week"]) == ("Lund", "20")
    assert kept["findable"] == []
    _, engine, _, _ = gigway
    assert "errors" not in first
    edges = first["data"]["opportunity"]["candidates"]["edges"]
    assert len(edges) == 2
    best = edges[0]["node"]["match"]
    values = {each["name"]: each["value"] for each in best["features"]}
    assert {"differentiate types of packages"} <= {each["label"] for each in best["missing"]}
    assert 0 < values["required_held"] < 1
    assert values["occupation"] > 0.3
    assert best["score"] > edges[1]["node"]["match"]["score"]
    assert all(each["node"]["id"].startswith("gw") for each in edges)
    assert len(second["data"]["opportunity"]["candidates"]["edges"]) == 1
    assert third["data"]["opportunity"]["candidates"]["edges"] == []
    assert rows(engine, "SELECT 1 FROM matching_vector") == []
    assert rows(engine, "SELECT 1 FROM matching_shown") == []
    events = rows(
        engine,
        "SELECT category, decision, token_ref, platform, records FROM access_event WHERE worker_id = :w ORDER BY id",
        w=ALEX,
    )
    background = {(row.category, row.platform) for row in events if row.token_ref == "background refresh"}
    assert background == {("skills", "uber"), ("skills", "internal"), ("matching", "internal")}
    assert ("matching", "allow", "ranking replay") in {(row.category, row.decision, row.token_ref) for row in events}
    counted = {(row.category, row.platform) for row in events if row.token_ref == "background count"}
    assert counted == {("statistics", "uber"), ("statistics", "internal")}
    assert len(rows(engine, "SELECT 1 FROM statistics_contribution")) == 1
    searched = [row for row in events if not (row.token_ref or "").startswith(("background", "ranking"))]
    delivered = [row for row in searched if row.records]
    assert {(row.category, row.decision) for row in delivered} == {("matching", "allow")}
    # Of the search that was cut the log may have what was found and not delivered, and what was not asked any more.
    assert {row.category for row in searched} == {"matching"}
    assert rows(engine, "SELECT 1 FROM fetch_lease") == []
    assert [code for code, _ in told] == [0, 0, 0]
    assert "same" in told[0][1]
    assert "1 of 2 are not in the log any more" in told[1][1]
    assert "2 of 2 are not in the log any more" in told[2][1]


def test_what_the_commands_refuse(gigway, tmp_path):
    environment, *_ = gigway
    groups = tmp_path / "groups.csv"
    groups.write_text("worker,group\nw,a\n")
    code, text = command(environment, "audit", str(groups), "--actor", "nobody")
    assert (code, text.split(":")[0]) == (1, "MATCHING_POOL_EMPTY")
    groups.write_text("name,sex\n")
    code, text = command(environment, "audit", str(groups), "--actor", "nobody")
    assert (code, text.split(":")[0]) == (1, "GROUPS_INVALID")
    code, text = command(environment, "replay", "nothing")
    assert (code, text.split(":")[0]) == (1, "RANKING_UNKNOWN")
