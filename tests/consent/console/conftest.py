"""The console over a real database: its services with a few people, and its pages with browsers."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.applications import Starlette
from starlette.testclient import TestClient

from consent.audit.cosignatures import Cosignatures
from consent.audit.keys import Cosigner
from consent.console.actions import COMMAND_LINE, ActionHistory, By
from consent.console.approvals import Approvals
from consent.console.clients import ConsoleClients
from consent.console.invitations import Invitations
from consent.console.members import Members, NoBrowser, ensure_operator
from consent.console.organizations import Organizations
from consent.console.oversight import Oversight
from consent.console.pages import routes as console_routes
from consent.console.pages.services import ConsoleServices
from consent.console.roles import OPERATOR
from consent.console.usage import Usage
from consent.grants.reviews import Reviews
from consent.inbox.records import InboxReader
from consent.oauth import endpoints
from consent.oauth.actors import ActorRegistry
from consent.oauth.authorization import Authorizations
from consent.oauth.models import (
    ORGANIZATIONS,
)
from consent.oauth.registration import DynamicRegistration
from consent.oauth.settings import OAuthSettings
from consent.pages.routes import consent_path, error_page
from consent.pages.routes import routes as page_routes
from consent.pages.services import PagesServices
from consent.signin.demo import DemoLogin, Persona
from consent.signin.forms import Forms
from consent.signin.models import WORKERS
from consent.signin.passwords import Passwords
from consent.signin.sessions import Sessions
from consent.signin.settings import SignInSettings
from tests.served import served

ISSUER = "http://127.0.0.1:8700"
WITNESS = Cosigner("witness.example/1", Ed25519PrivateKey.generate())


class Desk:
    """An operator's organization, an actor's and a platform's, and people by name."""

    def __init__(self, world: Any) -> None:
        self.world, self.engine, self.clock = world, world.engine, world.clock
        self.members = Members(self.engine, NoBrowser(), self.clock)
        self.invitations = Invitations(self.engine, self.members, self.clock)
        self.history = ActionHistory(self.engine)
        with self.engine.begin() as connection:
            ensure_operator(connection, name="Gigway", at=self.clock())
            ensure_operator(connection, name="Gigway", at=self.clock())
            for kind in ("actor", "platform"):
                connection.execute(
                    ORGANIZATIONS.insert().values(
                        id=kind * 2,
                        kind=kind,
                        name=f"The {kind}",
                        platform="tides" if kind == "platform" else None,
                        status="active",
                        created_at=self.clock(),
                    )
                )

    def person(self, name: str) -> str:
        worker_id: str = self.world.worker()
        with self.engine.begin() as connection:
            connection.execute(WORKERS.update().where(WORKERS.c.id == worker_id).values(display_name=name))
        return worker_id

    def member(self, name: str, role: str, organization_id: str = OPERATOR) -> str:
        person_id = self.person(name)
        with self.engine.begin() as connection:
            self.members.join(connection, organization_id, person_id, role, by=COMMAND_LINE)
        return person_id

    def roles(self, organization_id: str = OPERATOR) -> dict[str | None, str]:
        return {each.person_name: each.role for each in self.members.of_organization(organization_id)}

    def done(self, organization_id: str | None = None) -> list[tuple[str, By]]:
        actions, _ = self.history.page(organization=organization_id)
        return [(each.type, By(kind=each.by_kind, id=each.by_id or "")) for each in reversed(actions)]  # type: ignore[arg-type]


@dataclass(frozen=True)
class Line:
    """A live platform."""

    platform: str
    display_name: str
    version: str
    is_suspended: bool


class NoAccounts:
    """Nobody has linked anything."""

    async def of_worker(self, worker_id: str) -> Sequence[Any]:
        return []

    async def unlink(self, worker_id: str, platform: str) -> None:
        return None


class Site(Desk):
    """The whole consent side on an issuer, and a browser for each person that signs in by the demo login."""

    def __init__(self, world: Any, issuer: str = ISSUER) -> None:
        super().__init__(world)
        self.issuer = issuer
        settings = SignInSettings(issuer=issuer, clock=world.clock)
        self.oauth = OAuthSettings(
            issuer=issuer,
            seal=lambda worker, actor: f"{actor}:{worker}",
            unseal=lambda known, actor: known.removeprefix(f"{actor}:"),
            platforms=lambda: {"uber": "Uber"},
            clock=world.clock,
        )
        self.sessions = Sessions(self.engine, settings)
        self.forms = Forms(settings, self.sessions)
        self.people = [
            Persona(key=name.lower(), worker_id=self.person(name), display_name=name, description="A person.")
            for name in ("Ada", "Bo", "Cy", "Dee", "Eve")
        ]
        self.members = Members(self.engine, self.sessions, self.clock)
        self.invitations = Invitations(self.engine, self.members, self.clock)
        registry = ActorRegistry(self.engine, self.clock)
        self.registration = DynamicRegistration(self.engine, self.oauth, world.stops)
        pages = PagesServices(
            engine=self.engine,
            oauth=self.oauth,
            sessions=self.sessions,
            forms=self.forms,
            passwords=Passwords(self.engine, settings, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
            demo_login=DemoLogin(settings, self.people),
            authorizations=Authorizations(self.engine, self.oauth, world.grants),
            grants=world.grants,
            access_log=world.log,
            contact_codes=world.contacts,
            inbox=InboxReader(self.engine, clock=world.clock),
            reviews=Reviews(self.engine, clock=world.clock),
            linked_accounts=NoAccounts(),
            cosignatures=Cosignatures(self.engine),
            sign_up=True,
        )
        self.console = ConsoleServices(
            engine=self.engine,
            issuer=issuer,
            clock=self.clock,
            sign_in=settings,
            sessions=self.sessions,
            forms=self.forms,
            members=self.members,
            invitations=self.invitations,
            organizations=Organizations(self.engine, self.members, registry, lambda: {"uber"}, self.clock),
            approvals=Approvals(self.engine, self.members, registry, self.clock),
            clients=ConsoleClients(self.engine, world.stops, self.clock),
            oversight=Oversight(self.engine, self.members, world.stops, self.clock),
            cosignatures=Cosignatures(self.engine, [WITNESS.verifier], clock=self.clock),
            usage=Usage(self.engine, self.clock),
            history=self.history,
            registration_tokens=self.registration,
            platforms=lambda: [
                Line("uber", "Uber", "1.0.0", False),
                Line("lyft", "Lyft", "1.2.0", True),
            ],
        )
        oauth = endpoints.OAuthServices(
            engine=self.engine,
            settings=self.oauth,
            grants=world.grants,
            error_page=error_page(self.forms),
            consent_path=consent_path,
        )
        self.app = Starlette(
            routes=[
                *page_routes(pages),
                *console_routes.routes(self.console),
                *self.registration.routes(),
                *endpoints.routes(oauth),
            ]
        )

    def new_browser(self) -> TestClient:
        return TestClient(self.app, base_url=self.issuer, follow_redirects=False)

    def id_of(self, name: str) -> str:
        return next(each.worker_id for each in self.people if each.display_name == name)

    def browser(self, name: str) -> TestClient:
        """A browser on which that person has just signed in."""
        found = self.new_browser()
        answer = submit(found, "/sign-in", {"persona": name.lower(), "next": "/console"}, to="/sign-in/demo")
        assert answer.status_code == 303, answer.text
        return found

    def put(self, name: str, role: str, organization_id: str = OPERATOR) -> TestClient:
        """Make that person a member, and return a browser of theirs."""
        with self.engine.begin() as connection:
            self.members.join(connection, organization_id, self.id_of(name), role, by=COMMAND_LINE)
        return self.browser(name)

    def register(self, name: str, **fields: str) -> tuple[TestClient, str, httpx2.Response]:
        """Let that person register an actor; returns their browser, the organization's id and the answer."""
        browser = self.browser(name)
        answer = submit(browser, "/console/new/actor", {"name": f"{name} Staffing", **fields})
        assert answer.status_code == 200, answer.text
        (member,) = [each for each in self.members.of_person(self.id_of(name)) if each.kind == "actor"]
        return browser, member.organization_id, answer


def token_in(page: httpx2.Response) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
    assert found, page.text
    return found.group(1)


def submit(browser: TestClient, page: str, fields: dict[str, Any], *, to: str | None = None) -> httpx2.Response:
    """Load `page`, then submit a form of it, to itself or to another path."""
    token = token_in(browser.get(page))
    return browser.post(to or page, data={"csrf": token, "here": page, **fields})


@pytest.fixture
def post() -> Callable[..., httpx2.Response]:
    return submit


@pytest.fixture
def make_site(world: Any) -> Callable[..., Site]:
    return lambda *where: Site(world, *where)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


@pytest.fixture
def running(make_site: Any, clock: Any) -> Iterator[Any]:
    clock.now = datetime.now(UTC)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        site = make_site(f"http://localhost:{listener.getsockname()[1]}")
        with served(site.app, listener):
            yield site


@pytest.fixture
def desk(world: Any) -> Desk:
    return Desk(world)
