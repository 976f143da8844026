"""The worker's pages and the authorization server over a real database, on a loopback issuer with the demo login."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

import httpx2
import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.testclient import TestClient

from consent.audit.cosignatures import Cosignatures
from consent.audit.keys import VerifierKey
from consent.grants.reviews import Reviews
from consent.inbox.records import InboxReader
from consent.oauth.actors import ActorRegistry
from consent.oauth.authorization import Authorizations
from consent.oauth.endpoints import OAuthServices
from consent.oauth.endpoints import routes as oauth_routes
from consent.oauth.settings import OAuthSettings
from consent.pages.routes import consent_path, error_page, routes
from consent.pages.services import Health, PagesServices
from consent.signin.demo import DemoLogin, Persona
from consent.signin.forms import Forms
from consent.signin.models import WORKERS
from consent.signin.oidc import OidcSignIn
from consent.signin.passkeys import Passkeys
from consent.signin.passwords import Passwords
from consent.signin.sessions import Sessions
from consent.signin.settings import SignInSettings
from consent.signin.totp import Totp
from gateway.storage.keyring import generate_key, parse_keyring
from gateway.storage.vault import Vault

ISSUER = "http://127.0.0.1:8700"
CALLBACK = "https://actor.example/callback"
VERIFIER = "v" * 43
PASSWORD = "correct horse battery"
PLATFORMS = {"uber": "Uber", "upwork": "Upwork"}


@dataclass
class Account:
    """A linked platform."""

    platform: str
    display_name: str
    health: Health
    linked_at: datetime | None
    simulated: bool = True


@dataclass
class Outcome:
    status: Literal["confirmed", "stopping"]


class Accounts:
    """Account linking that keeps its state in memory."""

    def __init__(self, now: datetime) -> None:
        self.accounts = [Account("uber", "Uber", "ok", now), Account("upwork", "Upwork", "not_linked", None)]
        self.outcome = Outcome("confirmed")

    async def of_worker(self, worker_id: str) -> Sequence[Account]:
        return self.accounts

    async def unlink(self, worker_id: str, platform: str) -> Outcome | None:
        for account in self.accounts:
            if account.platform == platform and account.health != "not_linked":
                account.health, account.linked_at = "not_linked", None
                return self.outcome
        return None


class Site:
    """One gateway's consent side, an actor with a client, two workers, and a browser."""

    def __init__(
        self,
        world: Any,
        issuer: str = ISSUER,
        callback: str = CALLBACK,
        provider: Any = None,
        witnesses: Sequence[VerifierKey] = (),
        **optional: Any,
    ) -> None:
        self.callback = callback
        self.world, self.engine, self.clock, self.issuer = world, world.engine, world.clock, issuer
        settings = SignInSettings(issuer=issuer, clock=world.clock)
        self.oauth = OAuthSettings(
            issuer=issuer,
            seal=lambda worker, actor: f"{actor}:{worker}",
            unseal=lambda known, actor: known.removeprefix(f"{actor}:"),
            platforms=lambda: PLATFORMS,
            clock=world.clock,
        )
        self.alex, self.kim = world.worker(("account-1", "uber")), world.worker()
        with self.engine.begin() as connection:
            connection.execute(WORKERS.update().where(WORKERS.c.id == self.alex).values(display_name="Alex Sandberg"))
        self.registry = ActorRegistry(self.engine, world.clock)
        self.registry.create_actor(
            legal_name="Nordic Staffing <b>AB</b>",
            trading_name="Nordic Staffing",
            categories=["engagements", "ratings", "skills", "earnings", "matching"],
            purposes=["job_matching", "training"],
            actor_id="acme",
        )
        self.client = self.registry.create_client("acme", name="App", redirect_uris=[callback])
        self.sessions = Sessions(self.engine, settings)
        self.forms = Forms(settings, self.sessions)
        self.passwords = Passwords(self.engine, settings, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.passwords.set_password(self.kim, "Kim@worker.example", PASSWORD)
        personas = [Persona(key="alex", worker_id=self.alex, display_name="Alex", description="Drives and designs.")]
        self.accounts = Accounts(self.clock())
        services = PagesServices(
            engine=self.engine,
            oauth=self.oauth,
            sessions=self.sessions,
            forms=self.forms,
            passwords=self.passwords,
            demo_login=DemoLogin(settings, personas) if settings.is_loopback else None,
            authorizations=Authorizations(self.engine, self.oauth, world.grants),
            grants=world.grants,
            access_log=world.log,
            contact_codes=world.contacts,
            inbox=InboxReader(self.engine, clock=world.clock),
            reviews=Reviews(self.engine, clock=world.clock),
            linked_accounts=self.accounts,
            cosignatures=Cosignatures(self.engine, witnesses, clock=world.clock),
            passkeys=Passkeys(self.engine, settings),
            totp=Totp(self.engine, settings, Vault(parse_keyring(generate_key("k1")))),
            erase=world.stops.erase_worker,
            oidc=OidcSignIn(self.engine, settings, provider[0], transport=provider[1]) if provider else None,
            **optional,
        )
        oauth = OAuthServices(
            engine=self.engine,
            settings=self.oauth,
            grants=world.grants,
            error_page=error_page(self.forms),
            consent_path=consent_path,
        )
        self.services = services
        self.app = Starlette(routes=[*routes(services), *oauth_routes(oauth)])
        self.browser = self.new_browser()

    def new_browser(self) -> TestClient:
        return TestClient(self.app, base_url=self.issuer, follow_redirects=False)

    def sign_in(self, browser: TestClient | None = None) -> None:
        """Sign Alex in by the demo login."""
        used = browser or self.browser
        answer = post(used, "/sign-in?again=1", "/sign-in/demo", {"persona": "alex", "next": "/me"})
        assert answer.status_code == 303, answer.text

    def ask(self, **changes: Any) -> str:
        """Come from the actor, asking for other details; return the path of the consent page."""
        return self._ask(changes, {})

    def ask_with(self, **parameters: str) -> str:
        """The same with more parameters."""
        return self._ask({}, parameters)

    def _ask(self, changes: dict[str, Any], parameters: dict[str, str]) -> str:
        details = {
            "type": "gig_data",
            "platforms": ["uber", "upwork"],
            "categories": ["engagements", "ratings"],
            "purpose": "job_matching",
            "expires_at": (self.clock() + timedelta(days=30)).isoformat(),
        } | changes
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.callback,
            "state": "s-1",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "authorization_details": json.dumps([details]),
        } | parameters
        location = str(self.browser.get(f"/oauth/authorize?{urlencode(query)}").headers["location"])
        assert location.startswith("/consent/gwq_")
        return location

    def allow(self, *items: str) -> httpx2.Response:
        """Go the whole way of consenting to `items`."""
        path = self.ask()
        return post(self.browser, path, path, {"item": list(items or ["uber:engagements"]), "answer": "allow"})


def token_in(page: httpx2.Response) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
    assert found, page.text
    return found.group(1)


def post(browser: TestClient, page: str, target: str, fields: dict[str, Any], **options: Any) -> httpx2.Response:
    """Load `page`, then submit a form of it to `target`."""
    shown = browser.get(page)
    hidden = {"csrf": token_in(shown)}
    worded = re.search(r'name="worded" value="([^"]*)"', shown.text)
    if worded:
        hidden["worded"] = worded.group(1)
    return browser.post(target, data={**hidden, **fields}, **options)


@pytest.fixture
def make_site(world: Any) -> Callable[..., Site]:
    return lambda *where, **optional: Site(world, *where, **optional)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


@pytest.fixture
def submit() -> Any:
    return post


@pytest.fixture
def form_token() -> Any:
    return token_in
