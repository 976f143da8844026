"""A whole Gigway behind a real socket, in a thread of this process, without any platform behind it."""

import asyncio
import socket
import threading
from dataclasses import dataclass, field

import orjson
import pytest
import uvicorn

from gateway.config import load_settings
from gateway.engine import Engine
from gateway.executor.hooks import GateDecision
from gateway.server.app import create_app
from gateway.server.execution import Execution
from gateway.server.graphql import EndpointOptions, GraphQLEndpoint, StreamLife
from gateway.server.serving import Drain
from gateway.server.session import RequestSession
from gateway.storage.keyring import generate_key


@dataclass
class Client:
    """One ASGI request to one application: what it sends, and what came back. `leave()` closes the connection."""

    app: object
    method: str = "POST"
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    query_string: bytes = b""
    status: int | None = None
    answered: dict = field(default_factory=dict)
    parts: list = field(default_factory=list)

    def __post_init__(self):
        self._gone = asyncio.Event()
        self._read = False
        self.arrived = asyncio.Condition()
        if self.method == "POST":
            self.headers = {"content-type": "application/json"} | self.headers

    async def run(self):
        scope = {
            "type": "http",
            "method": self.method,
            "path": "/graphql",
            "query_string": self.query_string,
            "headers": [(name.encode(), value.encode()) for name, value in self.headers.items()],
        }
        await self.app(scope, self._receive, self._send)
        return self

    async def _receive(self):
        if not self._read:
            self._read = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        async with self.arrived:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                for name, value in message["headers"]:
                    self.answered.setdefault(name.decode(), []).append(value.decode())
            elif message.get("body"):
                self.parts.append(message["body"])
            self.arrived.notify_all()

    def leave(self):
        self._gone.set()

    async def until(self, condition):
        """Wait until something is true of what has arrived."""
        async with self.arrived:
            await asyncio.wait_for(self.arrived.wait_for(condition), 5)

    @property
    def received(self):
        return b"".join(self.parts)

    @property
    def json(self):
        return orjson.loads(self.received)


@pytest.fixture
def client():
    """Make a request: `client(app, {"query": …}, accept="…")`."""

    def make(app, body=None, *, method="POST", query_string=b"", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client(
            app,
            method,
            named,
            b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body),
            query_string,
        )

    return make


@pytest.fixture(scope="session")
def serve():
    """Run ASGI applications; `serve(app)` returns the URL that one listens on."""
    running = []

    def run(app, **options):
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(app, ws="none", log_level="warning", server_header=False, **options)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        running.append((server, thread, listening))
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield run
    for server, thread, listening in running:
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture(scope="session")
def gigway_settings(tmp_path_factory):
    """The settings of a Gigway with a database of its own."""
    return load_settings(
        {
            "GIGWAY_DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('server')}/server.db",
            "GIGWAY_MASTER_KEYS": generate_key("t1"),
            "GIGWAY_SANDBOX_URL": "http://127.0.0.1:1",
        }
    )


@pytest.fixture(scope="session")
def gigway(serve, gigway_settings):
    """The URL of a running Gigway."""
    return serve(create_app(gigway_settings))


FEDERATION = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requiresScopes"])
"""


class Permit:
    ended = False

    def on_end(self, callback):
        return lambda: None


class Gate:
    """Allows everything and counts what is open."""

    def __init__(self):
        self.open = []
        self.opened = 0

    async def acquire(self, requests, session):
        permits = [Permit() for _ in requests]
        self.open += permits
        self.opened += len(permits)
        return [
            GateDecision(permit=permit, allowed=request.scopes)
            for permit, request in zip(permits, requests, strict=True)
        ]

    async def release(self, permits, session, disclosed):
        return {}

    async def acknowledge(self, permits, session):
        for permit in permits:
            self.open.remove(permit)


class Notes:
    """A subgraph: `note` at once, `slow` when it is told to, `ticks` as they are put into `events`."""

    name = "notes"
    sdl = (
        FEDERATION
        + """
        type Query {
          note(text: String): Note
          slow: String @requiresScopes(scopes: [["notes"]])
        }
        type Mutation { write(text: String!): Note }
        type Subscription { ticks: Note }
        type Note @key(fields: "id") { id: ID! text: String }
        """
    )

    def __init__(self):
        self.asked = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.events = asyncio.Queue()
        self.closed = asyncio.Event()

    async def execute(self, call):
        if "slow" in call.document:
            self.asked.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        if call.document.startswith("mutation"):
            return {"data": {"write": {"__typename": "Note", "id": "2", "text": "written"}}}
        return {"data": {"note": {"__typename": "Note", "id": "1", "text": "x" * 5000}}}

    async def subscribe(self, call):
        try:
            while (text := await self.events.get()) is not None:
                yield {"data": {"ticks": {"__typename": "Note", "id": text, "text": text}}}
        finally:
            self.closed.set()


class Details:
    """Another subgraph: what a note says elsewhere, under a scope."""

    name = "details"
    sdl = FEDERATION + 'type Note @key(fields: "id") { id: ID! detail: String @requiresScopes(scopes: [["notes"]]) }'

    async def execute(self, call):
        (representations,) = call.variables.values()
        return {
            "data": {"_entities": [{"__typename": "Note", "detail": f"of {each['id']}"} for each in representations]}
        }


@dataclass
class Graph:
    """An engine with what stands behind it, and its endpoint."""

    notes: Notes
    gate: Gate
    engine: Engine
    drain: Drain = field(default_factory=Drain)
    left: float = 3600.0

    def endpoint(self, **options):
        life = StreamLife(seconds_left=self.seconds_left, stopping=self.drain.stopping)
        return GraphQLEndpoint(Execution(self.engine), self.authenticate, life, EndpointOptions(**options))

    async def seconds_left(self, credentials):
        return self.left

    async def authenticate(self, credentials, request_id):
        return RequestSession(request_id=request_id, kind="actor", actor_id="acme", scopes=frozenset({"notes"}))


@pytest.fixture
def graph():
    """A graph of two subgraphs under a gate."""
    notes, gate = Notes(), Gate()
    return Graph(notes, gate, Engine.from_subgraphs([notes, Details()], gate=gate))
