"""An authorization server over a real database, driven over HTTP; the worker's answer is given to its service."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient

from consent.oauth.access import AccessTokens
from consent.oauth.actors import ActorRegistry, NewClient
from consent.oauth.authorization import Authorizations, CannotReturn, NotPending, SendBack
from consent.oauth.details import Item
from consent.oauth.endpoints import OAuthServices, routes
from consent.oauth.models import ACTORS, CLIENTS
from consent.oauth.settings import OAuthSettings
from tests.consent.oauth.fapi_client import Fapi

ISSUER = "https://gigway.example"
CALLBACK = "https://actor.example/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def _error_page(request: Request, description: str, status: int, /) -> Response:
    return PlainTextResponse(description, status)


class Server:
    """The server, one actor with one client, one worker."""

    def __init__(self, world: Any, issuer: str = ISSUER) -> None:
        self.world = world
        self.engine, self.clock = world.engine, world.clock
        self.settings = OAuthSettings(
            issuer=issuer,
            seal=lambda worker_id, actor_id: f"{actor_id}:{worker_id[::-1]}",
            unseal=lambda known, actor_id: known.removeprefix(f"{actor_id}:")[::-1],
            platforms=lambda: {"uber": "Uber", "upwork": "Upwork"},
            clock=world.clock,
        )
        self.registry = ActorRegistry(self.engine, world.clock)
        self.registry.create_actor(
            legal_name="Acme AB",
            trading_name="Acme",
            categories=["engagements", "ratings", "skills", "earnings", "matching"],
            purposes=["job_matching", "training"],
            actor_id="acme",
        )
        self.client = self.new_client()
        self.worker_id = world.worker(("account-1", "uber"))
        self.authorizations = Authorizations(self.engine, self.settings, world.grants)
        self.tokens = AccessTokens(self.engine, self.settings)
        self.http = self.another_process()

    def another_process(self) -> TestClient:
        """The server as one more process runs it: it shares the database and the configuration, and no object."""
        services = OAuthServices(
            engine=self.engine,
            settings=replace(self.settings),
            grants=self.world.grants,
            error_page=_error_page,
            consent_path=lambda handle: f"/consent/{handle}",
        )
        app = Starlette(routes=routes(services))
        return TestClient(app, base_url=self.settings.issuer, follow_redirects=False)

    def new_client(self, **values: Any) -> NewClient:
        return self.registry.create_client("acme", **{"name": "App", "redirect_uris": [CALLBACK], **values})

    def details(self, **changes: Any) -> dict[str, Any]:
        wanted = {
            "type": "gig_data",
            "platforms": ["uber", "upwork"],
            "categories": ["engagements", "ratings"],
            "purpose": "job_matching",
            "expires_at": (self.clock() + timedelta(days=30)).isoformat(),
        } | changes
        return {name: value for name, value in wanted.items() if value is not None}

    def query(self, **changes: str | None) -> dict[str, str]:
        wanted: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": CALLBACK,
            "state": "s-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "authorization_details": json.dumps([self.details()]),
        }
        wanted |= changes
        return {name: value for name, value in wanted.items() if value is not None}

    def authorize(self, **changes: str | None) -> httpx2.Response:
        return self.http.get(f"/oauth/authorize?{urlencode(self.query(**changes))}")

    def begin(self, **changes: str | None) -> str:
        location = self.authorize(**changes).headers["location"]
        assert location.startswith("/consent/"), location
        return location.removeprefix("/consent/")

    def approve(self, handle: str, *items: tuple[str, str]) -> SendBack | NotPending | CannotReturn:
        chosen = items or (("uber", "engagements"), ("uber", "ratings"))
        return self.authorizations.approve(
            handle,
            worker_id=self.worker_id,
            granted=[Item(*item) for item in chosen],
            locale="en",
            notice_sha256="0" * 64,
            screen_sha256="1" * 64,
            amr=["pwd"],
        )

    def code(self, *items: tuple[str, str], **changes: str | None) -> str:
        outcome = self.approve(self.begin(**changes), *items)
        assert isinstance(outcome, SendBack)
        return query_of(outcome.location)["code"]

    def post(self, path: str, form: dict[str, str], client: NewClient | None = None, **options: Any) -> httpx2.Response:
        asking = client or self.client
        return self.http.post(path, data=form, auth=(asking.client_id, asking.client_secret), **options)

    def redeem(self, code: str, client: NewClient | None = None, **changes: str | None) -> httpx2.Response:
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return self.token(client, **(form | changes))

    def token(self, client: NewClient | None = None, **form: str | None) -> httpx2.Response:
        return self.post("/oauth/token", {name: value for name, value in form.items() if value is not None}, client)

    def refresh(self, token: str, client: NewClient | None = None, **form: str) -> httpx2.Response:
        return self.token(client, grant_type="refresh_token", refresh_token=token, **form)

    def is_active(self, token: str) -> bool:
        return bool(self.post("/oauth/introspect", {"token": token}).json()["active"])

    def revoke_grant(self, grant_id: str) -> None:
        """End a grant as the worker does, over the same service."""
        with self.http as http:
            assert http.portal is not None
            http.portal.call(lambda: self.world.grants.revoke(grant_id, by="worker", reason="test"))

    def suspend_actor(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(ACTORS.update().values(status="suspended"))

    def disable_client(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(CLIENTS.update().values(status="disabled"))


def query_of(location: str) -> dict[str, str]:
    """A redirect's query, every parameter once."""
    parsed = parse_qs(urlsplit(location).query, strict_parsing=True, keep_blank_values=True)
    assert all(len(values) == 1 for values in parsed.values()), parsed
    return {name: values[0] for name, values in parsed.items()}


@pytest.fixture
def make_server(world: Any) -> Callable[[str], Server]:
    return lambda issuer: Server(world, issuer)


@pytest.fixture
def server(make_server: Callable[[str], Server]) -> Server:
    return make_server(ISSUER)


@pytest.fixture
def fapi(server: Server) -> Fapi:
    return Fapi(server)


@pytest.fixture
def ready(fapi: Fapi) -> Fapi:
    """The client with a fresh nonce."""
    fapi.learn_nonce()
    return fapi


@pytest.fixture
def read_query() -> Any:
    return query_of
