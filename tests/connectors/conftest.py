"""A sandbox on a loopback port, and connectors wired over a real database: what tests of connectors run against."""

from __future__ import annotations

import asyncio
import hmac
import os
import re
import socket
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import httpx2
import pytest
import uvicorn
from sqlalchemy import Connection, Engine, text
from sqlmodel import SQLModel
from starlette.applications import Starlette

from connectors.accounts import LinkedAccount
from connectors.catalogue import built_in
from connectors.environment import Environment
from connectors.linking import LinkingRoutes
from connectors.linking.mail import SandboxMail
from connectors.linking.models import LinkAttempt, LinkClaim
from connectors.observation.models import FieldUse, RunningProcess
from connectors.registration.models import ConformanceRun, ConnectorChange, ConnectorVersion, LiveConnector
from connectors.registry import Platforms, build_platforms
from connectors.sandbox import SandboxSettings, create_sandbox
from connectors.schema import Connector
from connectors.schema.definition import TakeoutLinking
from connectors.takeout.models import TakeoutUpload
from connectors.transport import Wire
from connectors.transport.permit import WorkerAct
from gateway.storage.database import create_database_engine
from gateway.storage.keyring import Keyring
from gateway.storage.vault import Vault

TABLES = (LinkedAccount, LinkAttempt, LinkClaim, TakeoutUpload)
EXPORTS = {"uber_takeout": "uber-driver", "uber_eats_takeout": "uber-eats"}
"""Names of the sandbox's exports that differ from the platform's."""
ALEX = "alex.sandberg@sandbox.example"
PUBLIC_URL = "http://127.0.0.1:4000"


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    """The address of a running sandbox, seed 1."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = create_sandbox(SandboxSettings(seed=1, public_url=url))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield url
    server.should_exit = True
    thread.join()
    listener.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, as the gateway's session says it."""

    actor_id: str | None = "actor-1"
    worker_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A `SubgraphCall`."""

    document: str
    variables: Mapping[str, Any]
    session: Any = field(default_factory=Asker)
    permits: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    deadline: float | None = None


@dataclass(slots=True)
class Gate:
    """The consent side's gate: which accounts are open, as written in committed transactions."""

    is_open: dict[str, bool] = field(default_factory=dict)

    def open(self, session: Connection, *, account_id: str, worker_id: str, platform: str) -> None:
        assert session.in_transaction()
        self.is_open[account_id] = True

    def close(self, session: Connection, *, account_id: str, reason: str) -> None:
        assert session.in_transaction()
        self.is_open[account_id] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """How a drain went."""

    status: str = "confirmed"


@dataclass(slots=True)
class Visible:
    """Which accounts the asker may know of."""

    by_worker: dict[str, list[str]] = field(default_factory=dict)

    def visible(self, worker_id: str, session: Any) -> list[str]:
        return self.by_worker.get(worker_id, [])


@dataclass(slots=True)
class Forms:
    """A guard that knows one token."""

    token: str = "form-token"

    def seal(self, request: Any) -> Forms:
        return self

    def set_cookie(self, response: Any, seal: Any) -> None:
        response.set_cookie("seal", "1")

    def problem(self, request: Any, token: str | None) -> str | None:
        return None if hmac.compare_digest(token or "", self.token) else "The page was too old."


@dataclass(slots=True)
class Clock:
    """Real time, moved by hand."""

    ahead: Any = None

    def __call__(self) -> datetime:
        now = datetime.now(UTC)
        return now if self.ahead is None else now + self.ahead


@dataclass(slots=True)
class World:
    """Connectors over a sandbox, with one worker's browser."""

    sandbox_url: str
    platforms: Platforms
    gate: Gate
    visible: Visible
    browser: httpx2.AsyncClient
    signed_in: list[str | None]
    clock: Clock
    engine: Any
    environment: Environment

    async def link(self, platform: str, login: str = ALEX) -> str:
        """Link an account as the worker does, through both sites' pages; return its id."""
        connector = self.platforms.registry.connector(platform)
        if isinstance(connector.definition.linking.method, TakeoutLinking):
            done = await self.upload(platform, await self.export(EXPORTS.get(platform, platform), login))
        elif connector.definition.linking.reads_as_gigway:
            done = await self.prove(platform, await self.claim(platform, await self.claim_of(platform, login)), login)
        else:
            done = await self.browser.get(await self.authorize(platform, login))
        assert done.status_code == 303, done.text
        accounts = self.platforms.accounts.of_worker(str(self.signed_in[0]))
        account_id = max((each for each in accounts if each.platform == platform), key=lambda each: each.linked_at).id
        self.visible.by_worker.setdefault(str(self.signed_in[0]), []).append(account_id)
        return account_id

    async def claim_of(self, platform: str, login: str) -> str:
        """What a persona types in: their worker id at Mechanical Turk, else their address."""
        if platform != "mturk_requester":
            return login.title()
        async with aiohttp.ClientSession() as session, session.get(f"{self.sandbox_url}/control/state") as answer:
            personas = (await answer.json())["platforms"][platform]["personas"]
        return str(next(each["ids"]["worker_id"] for each in personas if each["login"] == login))

    async def claim(self, platform: str, value: str) -> str:
        """Say whose record it is; return the secret of the page that asks for the code."""
        page = await self.browser.post(
            f"/link/{platform}", data={"csrf": "form-token", "return_to": "/me", "value": value}
        )
        assert page.status_code == 200, page.text
        found = re.search(r'name="claim_id" value="([^"]+)"', page.text)
        assert found is not None
        return found[1]

    async def inbox(self, login: str) -> list[dict[str, Any]]:
        """Return what a persona was sent, newest first."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.sandbox_url}/inbox.json", params={"to": login}) as answer,
        ):
            return list((await answer.json())["messages"])

    async def code(self, login: str) -> str:
        """Read the newest code that a persona was sent."""
        found = re.search(r"code: ([0-9A-Z]{4}-[0-9A-Z]{4})", (await self.inbox(login))[0]["text"])
        assert found is not None
        return found[1]

    async def prove(self, platform: str, claim_id: str, login: str = ALEX, code: str | None = None) -> Any:
        """Type a code in, the one that the persona was sent unless said otherwise."""
        typed = code if code is not None else await self.code(login)
        return await self.browser.post(
            f"/link/{platform}/prove", data={"csrf": "form-token", "claim_id": claim_id, "code": typed}
        )

    async def export(self, name: str, login: str) -> bytes:
        """Download a persona's export from the sandbox."""
        address = f"{self.sandbox_url}/takeout/{name}/{login}"
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            assert answer.status == 200
            return await answer.read()

    async def upload(self, platform: str, content: bytes, name: str = "export.zip", csrf: str = "form-token") -> Any:
        """Send the page's form with a file."""
        return await self.browser.post(
            f"/link/{platform}", data={"csrf": csrf, "return_to": "/me"}, files={"file": (name, content)}
        )

    async def authorize(self, platform: str, login: str = ALEX) -> str:
        """Go as far as the platform's answer; return the callback's path and query."""
        page = await self.browser.get(f"/link/{platform}")
        assert page.status_code == 200, page.text
        sent = await self.browser.post(f"/link/{platform}", data={"csrf": "form-token", "return_to": "/me"})
        assert sent.status_code == 303, sent.text
        async with (
            aiohttp.ClientSession() as session,
            session.post(sent.headers["location"], data={"persona": login}, allow_redirects=False) as answer,
        ):
            assert answer.status == 302, await answer.text()
            target = urlsplit(answer.headers["location"])
            assert "code" in parse_qs(target.query)
            return f"{target.path}?{target.query}"

    async def read(self, platform: str, account_id: str, selection: str, **options: Any) -> Mapping[str, Any]:
        """Execute an `_entities` document for one account under an open permit (or `permit`)."""
        subgraph = next(each for each in self.platforms.registry.subgraphs if each.name == platform)
        typename = subgraph.connector.definition.account_type
        permit = options.pop("permit", None) or WorkerAct()
        variables = options.pop("variables", {})
        declared = options.pop("declared", "")
        return await subgraph.execute(
            Call(
                document=f"query($r: [_Any!]! {declared}) {{ _entities(representations: $r) "
                f"{{ ... on {typename} {{ {selection} }} }} }}",
                variables={"r": [{"__typename": typename, "id": account_id}], **variables},
                permits={"r": [permit]},
                **options,
            )
        )

    def call(self, document: str, variables: Mapping[str, Any] | None = None) -> Call:
        """Return a call without permits."""
        return Call(document=document, variables=variables or {})

    async def control(self, platform: str, **switches: Any) -> None:
        """Change the sandbox's switches of a platform."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.sandbox_url}/control/platforms/{platform}", json=switches) as answer,
        ):
            assert answer.status == 200, await answer.text()

    async def tokens(self, platform: str) -> list[dict[str, Any]]:
        """Return the calls of the platform's authorization server that the sandbox has seen."""
        address = f"{self.sandbox_url}/control/log?platform={platform}&kind=oauth"
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            return list((await answer.json())["entries"])

    async def calls(self, platform: str, since: int = 0) -> list[dict[str, Any]]:
        """Return the API calls that the sandbox has seen."""
        address = f"{self.sandbox_url}/control/log?platform={platform}&kind=api&since_seq={since}"
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            return list((await answer.json())["entries"])

    async def mark(self) -> int:
        """Return where the sandbox's log stands."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.sandbox_url}/control/log") as answer:
            return int((await answer.json())["last_seq"])


@contextmanager
def fresh_database(folder: Path, models: Sequence[type[SQLModel]]) -> Iterator[Engine]:
    """Give a database with empty tables: a schema of its own in the PostgreSQL that GIGWAY_DATABASE_URL names,
    else a SQLite file.
    """
    url = os.environ.get("GIGWAY_DATABASE_URL", "")
    if not url.startswith("postgresql"):
        engine = create_database_engine(f"sqlite:///{folder}/connectors.sqlite")
        SQLModel.metadata.create_all(engine, tables=[model.__table__ for model in models])  # type: ignore[attr-defined]
        yield engine
        engine.dispose()
        return
    schema, admin = f"c{uuid.uuid4().hex}", create_database_engine(url)
    with admin.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    engine = create_database_engine(f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}")
    SQLModel.metadata.create_all(engine, tables=[model.__table__ for model in models])  # type: ignore[attr-defined]
    yield engine
    engine.dispose()
    with admin.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


REGISTRY_TABLES = (ConnectorVersion, LiveConnector, ConnectorChange, ConformanceRun, FieldUse, RunningProcess)


@pytest.fixture
def registry_database(tmp_path: Path) -> Iterator[Engine]:
    """A database with the empty tables of registration."""
    with fresh_database(tmp_path, REGISTRY_TABLES) as engine:
        yield engine


@asynccontextmanager
async def open_world(
    sandbox_url: str,
    folder: Path,
    connectors: Sequence[Connector] | None = None,
    sandboxes: Mapping[str, str] | None = None,
    wire: Wire | None = None,
) -> AsyncIterator[World]:
    """Wire connectors over a fresh database and a sandbox in good order; `sandboxes` are platforms' own ones."""
    environment = Environment(sandbox_url=sandbox_url, sandboxes=sandboxes or {}, registrations={})
    with fresh_database(folder, TABLES) as engine:
        async with _world_over(engine, environment, connectors, wire or Wire()) as world:
            yield world


@asynccontextmanager
async def _world_over(
    engine: Engine, environment: Environment, connectors: Sequence[Connector] | None, wire: Wire
) -> AsyncIterator[World]:
    gate, visible, clock = Gate(), Visible(), Clock()
    signed_in: list[str | None] = ["worker-1"]
    sandbox_url = str(environment.sandbox_url)

    async def drain(account_id: str) -> Confirmed:
        assert gate.is_open[account_id] is False
        return Confirmed()

    async def current_worker(request: Any) -> str | None:
        return signed_in[0]

    async def language_of(request: Any, languages: Any) -> str:
        wanted = request.headers.get("accept-language", "")
        return wanted if wanted in languages else "en"

    async with aiohttp.ClientSession() as session, session.post(f"{sandbox_url}/control/reset", json={}) as answer:
        assert answer.status == 200
    async with wire:
        platforms = build_platforms(
            built_in() if connectors is None else connectors,
            wire=wire,
            engine=engine,
            vault=Vault(Keyring(current="k1", keys={"k1": b"k" * 32})),
            gate=gate,
            consented=visible,
            drain=drain,
            environment=environment,
            pseudonym_key=b"p" * 32,
            digest_key=b"d" * 32,
            mail=SandboxMail(wire, sandbox_url),
            clock=clock,
        )
        routes = LinkingRoutes(
            platforms.linking,
            environment,
            current_worker=current_worker,
            forms=Forms(),
            language_of=language_of,
            public_url=PUBLIC_URL,
        ).routes()
        transport = httpx2.ASGITransport(app=Starlette(routes=routes))
        async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as browser:
            yield World(
                sandbox_url=sandbox_url,
                platforms=platforms,
                gate=gate,
                visible=visible,
                browser=browser,
                signed_in=signed_in,
                clock=clock,
                engine=engine,
                environment=environment,
            )


@pytest.fixture
def in_world(sandbox_url: str, tmp_path: Path) -> Callable[..., Any]:
    """Return a function that runs an async test in a fresh world: `in_world(test)` or `in_world(test, connectors)`."""

    def run(
        test: Callable[[World], Any], connectors: Sequence[Connector] | None = None, wire: Wire | None = None
    ) -> Any:
        async def main() -> Any:
            async with open_world(sandbox_url, tmp_path, connectors, wire=wire) as world:
                return await test(world)

        return asyncio.run(main())

    return run
