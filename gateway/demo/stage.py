"""The stage: a fresh database with one matching actor, the sandbox and the gateway as processes of their own."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from connectors.feeds import FeedStore
from consent.columns import utc_now
from consent.console.actions import COMMAND_LINE
from consent.console.members import Members, NoBrowser
from consent.console.organizations import make_organization
from consent.oauth.actors import ActorRegistry
from gateway.demo.processes import Process, StartError
from gateway.server.demo_workers import ACTOR_PERSONA, ensure_demo_workers
from gateway.storage.database import create_database_engine
from gateway.storage.keyring import generate_key
from gateway.storage.migrate import migrate
from gateway.storage.vocabulary import seed

ACTOR_NAME = "Northern Light Staffing (demo)"
CATEGORIES = ("profile", "engagements", "earnings", "ratings", "credentials", "experience", "skills")
PURPOSES = ("job_matching",)


PROVIDERS = frozenset({"course_catalogue", "creatorup", "job_board"})
"""Who publishes training and opportunities in the sandbox."""
TRIES, PAUSE_SECONDS = 120, 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the demo's parts are, and the actor's credentials."""

    issuer: str
    sandbox: str
    redirect_uri: str
    actor_id: str
    client_id: str
    client_secret: str = field(repr=False)
    control: aiohttp.ClientSession = field(repr=False)
    processes: tuple[Process, ...] = field(repr=False)

    async def last_call(self) -> int:
        """Return the number of the last call that the sandbox has logged."""
        return int((await self._log(0))["last_seq"])

    async def calls_since(self, number: int, platform: str | None = None) -> list[dict[str, Any]]:
        """Return the calls to the platforms' APIs since `number`."""
        entries: list[dict[str, Any]] = (await self._log(number))["entries"]
        return [entry for entry in entries if platform is None or entry["platform"] == platform]

    async def switch(self, platform: str, *, on: bool) -> None:
        """Switch a platform off or on at the sandbox."""
        async with self.control.post(f"{self.sandbox}/control/platforms/{platform}", json={"on": on}) as response:
            response.raise_for_status()

    async def _log(self, since: int) -> dict[str, Any]:
        query = {"since_seq": str(since), "kind": "api"}
        async with self.control.get(f"{self.sandbox}/control/log", params=query) as response:
            response.raise_for_status()
            answer: dict[str, Any] = orjson.loads(await response.read())
            return answer


@asynccontextmanager
async def set_stage(folder: Path, *, port: int, sandbox_port: int, actor_port: int) -> AsyncIterator[Stage]:
    """Make everything afresh in `folder`, start both processes, and stop them at the end.

    Raises `StartError` when one does not come up.
    """
    _clear(folder)
    issuer, sandbox = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
    redirect_uri = f"http://127.0.0.1:{actor_port}/callback"
    database_url = f"sqlite:///{folder}/demo.db"
    actor_id, client_id, client_secret = _prepare(database_url, redirect_uri)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIGWAY_")} | {
        "GIGWAY_ISSUER": issuer,
        "GIGWAY_PORT": str(port),
        "GIGWAY_DATABASE_URL": database_url,
        "GIGWAY_MASTER_KEYS": generate_key("d1"),
        "GIGWAY_SANDBOX_URL": sandbox,
        "GIGWAY_DEMO_LOGIN": "true",
        "GIGWAY_LOG_LEVEL": "warning",
    }
    platforms = Process("the sandbox", ["sandbox", "--port", str(sandbox_port)], environment, folder / "sandbox.log")
    gateway = Process("the gateway", ["serve"], environment, folder / "gateway.log")
    control = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
    try:
        await platforms.start()
        await gateway.start()
        await platforms.ready(f"{sandbox}/control/state")
        await gateway.ready(f"{issuer}/readyz")
        await _feeds_are_read(database_url)
        yield Stage(
            issuer=issuer,
            sandbox=sandbox,
            redirect_uri=redirect_uri,
            actor_id=actor_id,
            client_id=client_id,
            client_secret=client_secret,
            control=control,
            processes=(platforms, gateway),
        )
    finally:
        await control.close()
        await gateway.stop()
        await platforms.stop()


async def _feeds_are_read(database_url: str) -> None:
    """Wait until training and opportunities are there. Raises `StartError`."""
    engine = create_database_engine(database_url)
    try:
        store = FeedStore(engine, clock=utc_now)
        for _ in range(TRIES):
            states = await asyncio.to_thread(store.states)
            if {each.platform for each in states if each.read_at is not None} >= PROVIDERS:
                return
            await asyncio.sleep(PAUSE_SECONDS)
    finally:
        engine.dispose()
    raise StartError("The feeds of training and opportunities were not read; see gateway.log.")


def _clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _prepare(database_url: str, redirect_uri: str) -> tuple[str, str, str]:
    engine = create_database_engine(database_url)
    try:
        migrate(engine)
        seed(engine)
        ensure_demo_workers(engine)
        registry, members = ActorRegistry(engine), Members(engine, NoBrowser())
        with engine.begin() as connection:
            organization_id = make_organization(connection, ACTOR_NAME, at=utc_now())
            members.join(connection, organization_id, ACTOR_PERSONA.worker_id, "owner", by=COMMAND_LINE)
            actor_id = registry.create_actor(
                legal_name="Northern Light Staffing Demo Ltd",
                trading_name=ACTOR_NAME,
                categories=CATEGORIES,
                purposes=PURPOSES,
                contact="privacy@northern-light.example",
                jurisdiction="SE",
                is_test=True,
                organization_id=organization_id,
                connection=connection,
            )
            client = registry.create_client(
                actor_id, name="Demo client", redirect_uris=[redirect_uri], connection=connection
            )
    finally:
        engine.dispose()
    return actor_id, client.client_id, client.client_secret
