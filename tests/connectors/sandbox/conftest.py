"""A sandbox served by uvicorn on a loopback port, and a client that can sign in as a persona."""

import contextlib
import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import uvicorn

from connectors.sandbox import SandboxSettings, create_sandbox

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
REDIRECT = "http://127.0.0.1:9/callback"
ALEX = "alex.sandberg@sandbox.example"


class FakeClock:
    """Simulated time that moves only when told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Speaks HTTP to the sandbox without following redirects."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def get(self, path: str, token: str | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("GET", path, headers=named | ({"Authorization": f"Bearer {token}"} if token else {}))

    def form(self, path: str, headers: Mapping[str, str] | None = None, **fields: str) -> Answer:
        sent = {"Content-Type": "application/x-www-form-urlencoded"} | dict(headers or {})
        return self.ask("POST", path, headers=sent, body=urlencode(fields).encode())

    def post(self, path: str, document: Any, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Content-Type": "application/json"} | named
        return self.ask("POST", path, headers=sent, body=json.dumps(document).encode())

    def switch(self, platform: str, **change: Any) -> Any:
        answer = self.post(f"/control/platforms/{platform}", change)
        assert answer.status == 200, answer.body
        return answer.json

    def log(self, **query: Any) -> list[dict[str, Any]]:
        return self.get(f"/control/log?{urlencode(query)}").json["entries"]

    def state(self, platform: str) -> dict[str, Any]:
        return self.get("/control/state").json["platforms"][platform]

    def account_ids(self, platform: str, login: str = ALEX) -> dict[str, str]:
        personas = self.state(platform)["personas"]
        return next(persona["ids"] for persona in personas if persona["login"] == login)

    def code(self, authorize: str, login: str = ALEX, **parameters: str) -> str:
        """Sign in as a persona and return the authorization code."""
        query = {
            "response_type": "code",
            "client_id": "gigway-sandbox",
            "redirect_uri": REDIRECT,
            "state": "a state",
        } | parameters
        answer = self.form(f"{authorize}?{urlencode(query)}", persona=login)
        assert answer.status == 302, answer.body
        returned = parse_qs(urlsplit(answer.headers["location"]).query)
        assert returned["state"] == ["a state"]
        return returned["code"][0]

    def tokens(self, platform: str, token_path: str, **fields: str) -> Answer:
        known = {"client_id": "gigway-sandbox", "client_secret": f"sandbox-secret-{platform}"}
        return self.form(f"/{platform}{token_path}", **(known | fields))


@contextlib.contextmanager
def serving(settings: SandboxSettings, clock: FakeClock) -> Iterator[Client]:
    """Serve a sandbox on a free port while the context lasts."""
    app = create_sandbox(settings, clock=clock)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical"))
    ready = threading.Event()
    started = server.startup

    async def startup(*arguments: Any, **named: Any) -> None:
        await started(*arguments, **named)
        ready.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield Client(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def _server() -> Iterator[tuple[Client, FakeClock]]:
    clock = FakeClock()
    with serving(SandboxSettings(seed=1), clock) as client:
        yield client, clock


@pytest.fixture
def start(clock: FakeClock) -> Callable[[SandboxSettings], contextlib.AbstractContextManager[Client]]:
    """Starts further sandboxes, with other settings."""
    return lambda settings: serving(settings, clock)


@pytest.fixture
def clock(_server: tuple[Client, FakeClock]) -> FakeClock:
    return _server[1]


@pytest.fixture
def sandbox(_server: tuple[Client, FakeClock]) -> Client:
    """The running sandbox, all switches in good order and in a rate-limit window of its own."""
    client, clock = _server
    clock.advance(2)
    assert client.post("/control/reset", {}).status == 200
    return client
