"""The same race over the whole system: `gigway serve` processes, the sandbox's platforms, HTTP throughout.

The sandbox runs in the harness's own event loop, so that what reaches a platform and what reaches a client are counted
in one order. One worker has an account at each of several platforms; each platform is a lane with one grant at a time,
for its engagements, so that every upstream call and every answer belongs to exactly one grant.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
from collections.abc import Mapping
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import uvicorn
from sqlalchemy import Engine
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.sandbox.app import create_sandbox
from connectors.sandbox.settings import SandboxSettings
from consent.grants.lifecycle import GrantService
from consent.leases.keeper import LeaseKeeper
from consent.oauth.actors import ActorRegistry
from consent.oauth.grant_management import REVOKE_SCOPE
from consent.stops.stopping import Stops
from gateway.demo.actor import ActorClient
from gateway.demo.browser import Browser
from gateway.server.demo_workers import PERSONAS
from gateway.storage.database import create_database_engine
from gateway.storage.key_watch import KeyWatch
from gateway.storage.keyring import generate_key, parse_keyring
from gateway.storage.lasting_keys import open_lasting_keys
from gateway.storage.migrate import migrate
from gateway.storage.sealer import PairwiseSealer
from gateway.storage.vault import Vault
from gateway.storage.vocabulary import seed
from tests.race.giver import Giver
from tests.race.harness import AFTERMATH_SECONDS, Note, Outcome, Plan, Watch, request
from tests.race.processes import Processes, Running

LANES = ("uber", "upwork", "lyft", "freelancer", "fiverr", "creatorup")
LATENCY_MS = 40
PERSONA = "alex.sandberg@sandbox.example"
QUESTION = (
    "query ($worker: ID!, $platforms: [String!]) { worker(id: $worker) { accounts(platforms: $platforms) "
    "{ engagements(first: 3) { totalCount } } } }"
)


class NotingSandbox:
    """The sandbox, and a note whenever a platform's API is called and whenever its answer was taken whole."""

    def __init__(self, app: ASGIApp, note: Note) -> None:
        self._app = app
        self._note = note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        lane = str(scope.get("path", "")).split("/")[1] if scope["type"] == "http" else ""
        is_call = lane in LANES and any(name == b"authorization" for name, _ in scope["headers"])
        if is_call:
            self._note("started", lane)
        await self._app(scope, receive, send)
        cycle = getattr(send, "__self__", None)  # uvicorn's record of this request knows whether the client left
        if is_call:
            self._note("cut" if getattr(cycle, "disconnected", False) else "finished", lane)


class Gateways(Processes):
    """`gigway serve` processes, all with the same settings but the port."""

    def __init__(self, count: int, environment: Mapping[str, str], chance: random.Random) -> None:
        super().__init__(count, [], chance)
        self._environment = environment

    async def _spawn(self, deaf: bool) -> Running:
        port = _free_port()
        process = await self._execute("gateway", "serve", "--port", str(port), environment=self._environment)
        async with aiohttp.ClientSession() as client, asyncio.timeout(180):
            while True:
                try:
                    async with client.get(f"http://127.0.0.1:{port}/readyz") as answer:
                        if answer.status == 200:
                            return Running(process, port)
                except aiohttp.ClientError:
                    assert process.returncode is None, "a gateway did not start"
                await asyncio.sleep(0.1)


async def run_whole(plan: Plan) -> Outcome:
    """Run `plan` over the whole system; `plan.workers` is the number of lanes."""
    engine = create_database_engine(plan.database_url)
    try:
        await asyncio.to_thread(migrate, engine)
        with TemporaryDirectory() as compiled:
            return await _WholeRace(plan, engine, compiled).run()
    finally:
        engine.dispose()


class _WholeRace:
    def __init__(self, plan: Plan, engine: Engine, compiled: str) -> None:
        self._plan = plan
        # Processes find their modules compiled, as where Gigway is installed: the first one does it.
        self._compiled = {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
        self._engine = engine
        self._chance = random.Random(plan.seed)
        self._outcome = Outcome()
        self._watch = Watch(self._outcome)
        self._grants = GrantService(engine, Stops(engine, LeaseKeeper(engine)))
        self._lanes = LANES[: plan.workers]

    async def run(self) -> Outcome:
        sandbox_port, port = _free_port(), _free_port()
        seed(self._engine)
        registry = ActorRegistry(self._engine)
        self._actor_id = registry.create_actor(
            legal_name="Race AB", trading_name="Race", categories=["engagements"], purposes=["job_matching"]
        )
        client = registry.create_client(self._actor_id, name="Race", redirect_uris=["http://127.0.0.1:9/callback"])
        self._giver = Giver(
            self._plan.database_url,
            worker_id=PERSONAS[0].worker_id,
            client_id=client.client_id,
            actor_id=self._actor_id,
        )
        keys, issuer = generate_key("r1"), f"http://127.0.0.1:{port}"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIGWAY_")},
            **self._compiled,
            "GIGWAY_DATABASE_URL": self._plan.database_url,
            "GIGWAY_MASTER_KEYS": keys,
            "GIGWAY_ISSUER": issuer,
            "GIGWAY_SANDBOX_URL": f"http://127.0.0.1:{sandbox_port}",
            "GIGWAY_DEMO_LOGIN": "true",
            "GIGWAY_LOG_LEVEL": "error",
        }
        sandbox = uvicorn.Server(
            uvicorn.Config(
                NotingSandbox(
                    create_sandbox(SandboxSettings(public_url=f"http://127.0.0.1:{sandbox_port}")), self._watch.note
                ),
                port=sandbox_port,
                log_level="critical",
            )
        )
        serving = asyncio.create_task(sandbox.serve())
        first = Gateways(1, {**environment, "GIGWAY_PORT": str(port)}, self._chance)
        gateways = self._processes = Gateways(self._plan.processes, environment, self._chance)
        try:
            await self._link(first, environment, issuer, sandbox_port)
            async with ActorClient(issuer, client.client_id, client.client_secret or "", "") as actor:
                await gateways.start()
                actor.issuer = f"http://127.0.0.1:{gateways.port()}"
                self._token = await actor.own_token("job_matching")
                self._revoking = await actor.own_token("job_matching", scope=REVOKE_SCOPE)
            vault = Vault(parse_keyring(keys))
            lasting = open_lasting_keys(self._engine, vault)
            sealer = PairwiseSealer(KeyWatch(self._engine, vault, lasting))
            self._worker = sealer.seal_for_actor(PERSONAS[0].worker_id, self._actor_id)
            await asyncio.gather(*(self._warm_up(lane) for lane in self._lanes))
            disturbing = asyncio.create_task(gateways.disturb()) if self._plan.unrest else None
            await asyncio.gather(*(self._lane(lane) for lane in self._lanes))
            if disturbing is not None:
                disturbing.cancel()
                await asyncio.gather(disturbing, return_exceptions=True)
        finally:
            await gateways.close()
            await first.close()
            await asyncio.to_thread(self._giver.close)
            sandbox.should_exit = True
            await serving
        self._watch.judge()
        self._outcome.kills, self._outcome.pauses = gateways.kills, gateways.pauses
        return self._outcome

    async def _link(self, gateways: Gateways, environment: Mapping[str, str], issuer: str, sandbox_port: int) -> None:
        """Let the worker link an account at each platform, in a browser, through a gateway at the issuer's address."""
        process = await gateways._execute(
            "gateway", "serve", "--port", issuer.rpartition(":")[2], environment=environment
        )
        async with aiohttp.ClientSession() as client, asyncio.timeout(180):
            while True:
                try:
                    async with client.get(f"{issuer}/readyz") as answer:
                        if answer.status == 200:
                            break
                except aiohttp.ClientError:
                    assert process.returncode is None, "the gateway did not start"
                await asyncio.sleep(0.1)
        async with Browser() as browser:
            page = await browser.open(f"{issuer}/sign-in")
            await browser.submit(page, page.form("/sign-in/demo"), button=("persona", PERSONAS[0].key))
            for lane in self._lanes:
                page = await browser.open(f"{issuer}/link/{lane}")
                sign_in = await browser.submit(page, page.form(f"/link/{lane}"))
                form = next(form for form in sign_in.forms if PERSONA in str(form))
                await browser.submit(sign_in, form, button=("persona", PERSONA))
        async with aiohttp.ClientSession() as control:
            for lane in self._lanes:
                url = f"http://127.0.0.1:{sandbox_port}/control/platforms/{lane}"
                async with control.post(url, json={"latency_ms": LATENCY_MS, "quota": 1_000_000}) as answer:
                    answer.raise_for_status()
        process.kill()
        await process.wait()

    async def _warm_up(self, lane: str) -> None:
        """Let the sandbox make up the platform's records: that stops this process's loop, which also takes the time."""
        grant = await self._giver.give(lane)
        await request(self._processes.port(), "POST", "/graphql", self._question(lane), self._token)
        while await self._revoke(grant) != "confirmed":
            pass

    async def _lane(self, lane: str) -> None:
        while self._outcome.revocations < self._plan.revocations:
            self._outcome.revocations += 1
            grant = await self._giver.give(lane)
            self._watch.live(lane)
            over = asyncio.Event()
            asking = [asyncio.create_task(self._client(lane, over)) for _ in range(2)]
            await asyncio.sleep(self._chance.uniform(0.02, 0.4))
            await self._watch.revoke(lane, self._processes, partial(self._revoke, grant))
            await asyncio.sleep(AFTERMATH_SECONDS)
            over.set()
            # Whoever asked has its answer before the next grant: it could be read under that one, which is no fault.
            await asyncio.gather(*asking)

    async def _revoke(self, grant: str) -> str:
        """Give the grant back through any gateway. When that one dies with the answer, wait for the rest here."""
        match await request(self._processes.port(), "DELETE", f"/oauth/grants/{grant}", "", self._revoking):
            case 204:
                return "confirmed"
            case 202:
                return "stopping"
            case 404:
                return (await self._grants.settle(grant)).status
            case status:
                raise ValueError(f"a revocation was answered {status}")

    def _question(self, lane: str) -> str:
        return json.dumps({"query": QUESTION, "variables": {"worker": self._worker, "platforms": [lane]}})

    async def _client(self, lane: str, over: asyncio.Event) -> None:
        body = self._question(lane)

        def look(answer: bytes) -> None:
            if _has_data(json.loads(answer)):
                self._watch.note("delivered", lane)

        while not over.is_set():
            try:
                async with asyncio.timeout(10):
                    await request(self._processes.port(), "POST", "/graphql", body, self._token, look)
            except (OSError, ValueError, TimeoutError):
                await asyncio.sleep(0.01)
            if lane in self._watch:
                await asyncio.sleep(self._chance.uniform(0, 0.04))


def _has_data(answer: dict[str, Any]) -> bool:
    worker = (answer.get("data") or {}).get("worker") or {}
    return any(account["engagements"] is not None for account in worker.get("accounts") or ())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
