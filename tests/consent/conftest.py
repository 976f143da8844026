"""A consent world in a real database: SQLite always, PostgreSQL too when GIGWAY_DATABASE_URL names one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, select, text
from sqlmodel import Session, col

from consent.access_log import AccessLog
from consent.contact import ContactCodes
from consent.grants.lifecycle import GrantService
from consent.grants.records import GrantRecord
from consent.grants.visibility import ConsentedAccounts, SubjectGates
from consent.leases.gate import ConsentGate
from consent.leases.keeper import LeaseKeeper
from consent.models import AccessEvent, Actor, FetchLease, PlatformGate, Worker, new_id
from consent.stops.stopping import Stops
from consent.vocabulary import seed_vocabulary
from gateway.executor.hooks import GateRequest
from gateway.server.session import RequestSession
from gateway.storage.database import create_database_engine
from gateway.storage.tables import metadata

AUTHORIZE_URL = "https://consent.example/oauth/authorize"
BACKENDS = ["sqlite", *["postgresql" for url in [os.environ.get("GIGWAY_DATABASE_URL", "")] if url.startswith("p")]]
SOURCES = {
    "uber": "platform:uber",
    "upwork": "platform:upwork",
    "graph": "internal",
    "directory": "internal",
    "consent": "internal",
}


class FakeClock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, delta: timedelta) -> None:
        self.now += delta


class World:
    """Workers, actors, accounts and grants, and the services over them, as one gateway process has them."""

    def __init__(self, engine: Engine, clock: FakeClock, *, drain: float = 2.0) -> None:
        self.engine = engine
        self.clock = clock
        self.leases = LeaseKeeper(engine, clock=clock)
        self.stops = Stops(engine, self.leases, clock=clock, drain=drain)
        self.grants = GrantService(engine, self.stops, clock=clock)
        self.gate = ConsentGate(self.leases, sources=SOURCES, authorize_url=AUTHORIZE_URL)
        self.accounts = ConsentedAccounts(engine, clock=clock)
        self.subject_gates = SubjectGates(clock=clock)
        self.contacts = ContactCodes(engine, clock=clock)
        self.log = AccessLog(engine)

    def worker(self, *accounts: tuple[str, str], is_test: bool = False) -> str:
        """Add a worker with (account id, platform) accounts."""
        worker_id = new_id()
        with Session(self.engine) as session:
            session.add(Worker(id=worker_id, is_test=is_test, created_at=self.clock()))
            session.flush()
            for account_id, platform in accounts:
                self.subject_gates.open(session, account_id=account_id, worker_id=worker_id, platform=platform)
            session.commit()
        return worker_id

    def actor(self, actor_id: str = "acme", *, is_test: bool = False) -> str:
        with Session(self.engine) as session:
            session.add(
                Actor(
                    id=actor_id,
                    legal_name=f"{actor_id} AB",
                    trading_name=actor_id.title(),
                    is_test=is_test,
                    created_at=self.clock(),
                )
            )
            session.commit()
        return actor_id

    def give(
        self,
        worker_id: str,
        granted: Iterable[tuple[str, str]],
        *,
        refused: Iterable[tuple[str, str]] = (),
        actor_id: str = "acme",
        client_id: str = "acme-app",
        purpose: str = "job_matching",
        days: float = 30,
        replaces: str | None = None,
    ) -> GrantRecord:
        with Session(self.engine) as session:
            record = self.grants.grant(
                session,
                worker_id=worker_id,
                client_id=client_id,
                actor_id=actor_id,
                purpose=purpose,
                granted=granted,
                refused=refused,
                expires_at=self.clock() + timedelta(days=days),
                locale="en",
                notice_sha256="0" * 64,
                screen_sha256="1" * 64,
                amr=["pwd"],
                replaces=replaces,
            )
            session.commit()
        return record

    def events(self) -> list[AccessEvent]:
        with Session(self.engine) as session:
            rows = session.execute(select(AccessEvent).order_by(col(AccessEvent.id))).scalars().all()
            session.expunge_all()
            return list(rows)

    def open_leases(self) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(FetchLease)).scalar_one())


def asking(
    *,
    purpose: str | None = "job_matching",
    grant_id: str | None = None,
    actor_id: str = "acme",
    client_id: str = "acme-app",
    scopes: Iterable[str] = ("engagements", "ratings", "skills", "profile", "earnings", "matching"),
) -> RequestSession:
    """The session of an actor."""
    return RequestSession(
        request_id=uuid4().hex,
        kind="actor",
        actor_id=actor_id,
        client_id=client_id,
        purpose=purpose,
        grant_id=grant_id,
        scopes=frozenset(f"gig:{name}" for name in scopes),
        token_ref="0123abcd",
    )


def own(worker_id: str, purpose: str = "self") -> RequestSession:
    """The session of a worker."""
    return RequestSession(request_id=uuid4().hex, kind="worker", worker_id=worker_id, purpose=purpose)


def about(account_id: str, *categories: str, subgraph: str = "uber", inherited: tuple[object, ...] = ()) -> GateRequest:
    """A fetch of an account's categories."""
    return GateRequest(
        subgraph=subgraph,
        typename="UberAccount" if subgraph == "uber" else "UpworkAccount",
        key={"id": account_id},
        scopes=frozenset(f"gig:{name}" for name in categories),
        inherited=inherited,
    )


def about_worker(worker_id: str, *categories: str, inherited: tuple[object, ...] = ()) -> GateRequest:
    """A fetch of what we work out about a worker."""
    return GateRequest(
        subgraph="graph",
        typename="Worker",
        key={"id": worker_id},
        scopes=frozenset(f"gig:{name}" for name in categories),
        inherited=inherited,
    )


def _seed(engine: Engine) -> None:
    with Session(engine) as session:
        seed_vocabulary(session)
        for platform in ("uber", "upwork"):
            session.add(PlatformGate(platform=platform, open=True, updated_at=datetime.now(UTC)))
        session.commit()


def _empty(engine: Engine) -> None:
    """Empty the tables that have rows; asking costs less than truncating them all."""
    rows = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in metadata().tables)
    with engine.begin() as connection:
        used = connection.execute(text(rows)).scalars().all()
        if used:
            connection.execute(text(f"TRUNCATE {', '.join(used)} RESTART IDENTITY CASCADE"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("consent") / "template.db"
    engine = create_database_engine(f"sqlite:///{path}")
    metadata().create_all(engine)
    _seed(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_schema() -> Iterator[str]:
    url = os.environ.get("GIGWAY_DATABASE_URL", "")
    schema = f"consent_{uuid4().hex[:12]}"
    admin = create_database_engine(url)
    with admin.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    scoped = f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}"
    engine = create_database_engine(scoped)
    metadata().create_all(engine)
    engine.dispose()
    yield scoped
    with admin.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh consent database with its vocabulary and two open platforms."""
    if request.param == "sqlite":
        path = tmp_path / "gigway.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgresql_schema")
    engine = create_database_engine(url)
    _empty(engine)
    _seed(engine)
    engine.dispose()
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_database_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def world(engine: Engine, clock: FakeClock) -> Iterator[World]:
    """One process with its leases kept."""
    world = World(engine, clock)
    world.leases.start()
    yield world
    world.leases.close()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
