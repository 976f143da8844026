"""A database with every table and trigger, consent over it, and a clock: SQLite always, PostgreSQL when it is there."""

import asyncio
import os
import shutil
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session

from consent.grants.lifecycle import GrantService
from consent.grants.standing import StandingConsents
from consent.grants.visibility import SubjectGates
from consent.leases.keeper import LeaseKeeper
from consent.models import Actor, PlatformGate, Worker, new_id
from consent.stops.stopping import Stops
from gateway.storage.database import create_database_engine
from gateway.storage.keyring import generate_key, parse_keyring
from gateway.storage.migrate import migrate
from gateway.storage.vault import Vault
from gateway.storage.vocabulary import seed
from graph.finding.pools import Pools
from graph.finding.rankings import RankingLog
from graph.finding.vectors import VectorStore
from graph.finding.wishes import WishStore
from graph.matching.profile import Profile
from graph.taxonomy.builtin import load_builtin

ACTOR, PURPOSE = "acme", "job_matching"
FINDABLE = (("*", "matching"), ("uber", "skills"))


class Clock:
    def __init__(self):
        self.now = datetime(2030, 5, 1, 12, tzinfo=UTC)

    def __call__(self):
        return self.now

    def advance(self, **delta):
        self.now += timedelta(**delta)


class Market:
    """Workers who can be found, and everything that finds them."""

    def __init__(self, engine, clock):
        self.engine, self.clock = engine, clock
        self.leases = LeaseKeeper(engine, clock=clock)
        self.stops = Stops(engine, self.leases, clock=clock)
        self.grants = GrantService(engine, self.stops, clock=clock)
        self.gates = SubjectGates(clock=clock)
        self.consents = StandingConsents(engine, clock=clock)
        self.vault = Vault(parse_keyring(generate_key("t")))
        self.graph = load_builtin()
        self.vectors = VectorStore(engine, self.vault, self.consents)
        self.wishes = WishStore(engine, self.vault, clock)
        self.log = RankingLog(engine, self.vault)

    def pools(self):
        """Return the pools of one more process."""
        return Pools(lambda: self.graph, self.vectors, self.clock)

    def worker(self, *, account=True):
        worker_id = new_id()
        with Session(self.engine) as session:
            session.add(Worker(id=worker_id, created_at=self.clock()))
            session.flush()
            if account:
                self.gates.open(session, account_id=f"a{worker_id}", worker_id=worker_id, platform="uber")
            session.commit()
        return worker_id

    def grant(self, worker_id, granted=FINDABLE, *, days=30, replaces=None, purpose=PURPOSE):
        with Session(self.engine) as session:
            record = self.grants.grant(
                session,
                worker_id=worker_id,
                client_id="acme-app",
                actor_id=ACTOR,
                purpose=purpose,
                granted=granted,
                expires_at=self.clock() + timedelta(days=days),
                locale="en",
                notice_sha256="0" * 64,
                screen_sha256="1" * 64,
                amr=["pwd"],
                replaces=replaces,
            )
            session.commit()
        return record.id

    def store(self, grant_id, level=0.6):
        """Store a vector: all skills of the opportunity at one level, and the licence that it takes."""
        grant = self.consents.standing(grant_id)
        assert grant is not None
        low = dict.fromkeys(sorted(self.offer.required), level)
        profile = Profile(
            low=low,
            held=frozenset(s for s in low if level >= 0.4),
            practice={},
            licensed=frozenset({self.offer.occupation}),
        )
        accounts = self.consents.open_accounts(grant.worker_id)
        return self.vectors.store(grant, profile, accounts=accounts, now=self.clock())

    def found(self, level=0.6, **options):
        """Add a worker with a grant and a vector; returns (worker, grant)."""
        worker_id = self.worker()
        grant_id = self.grant(worker_id, **options)
        assert self.store(grant_id, level)
        return worker_id, grant_id

    @property
    def offer(self):
        return self.graph.opportunities["opportunity:airport-shuttle"]

    def ranking(self, pools, **options):
        options.setdefault("limit", 50)
        ranked = pools.of(ACTOR, PURPOSE).rank(self.offer, now=self.clock(), **options)
        return [each.worker for each in ranked.candidates]

    def count(self, table):
        with self.engine.connect() as connection:
            return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar()


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """A migrated database without rows, to be copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("finding") / "empty.db"
    engine = create_database_engine(f"sqlite:///{path}")
    prepare(engine)
    engine.dispose()
    return path


def prepare(engine):
    migrate(engine)
    seed(engine)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path, empty):
    if request.param == "sqlite":
        shutil.copy(empty, tmp_path / "f.db")
        engine = create_database_engine(f"sqlite:///{tmp_path}/f.db")
        yield engine
        engine.dispose()
        return
    url = os.environ.get("GIGWAY_DATABASE_URL", "")
    if not url.startswith("postgresql"):
        pytest.skip("GIGWAY_DATABASE_URL names no PostgreSQL")
    schema = f"f{uuid.uuid4().hex}"
    admin = create_database_engine(url)
    with admin.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    engine = create_database_engine(f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}")
    prepare(engine)
    yield engine
    engine.dispose()
    with admin.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


@pytest.fixture
def market(database):
    clock = Clock()
    with Session(database) as session:
        session.add(Actor(id=ACTOR, legal_name="Acme AB", trading_name="Acme", created_at=clock()))
        session.add(PlatformGate(platform="uber", open=True, updated_at=clock()))
        session.commit()
    market = Market(database, clock)
    market.leases.start()
    yield market
    market.leases.close()


@pytest.fixture
def run():
    with asyncio.Runner() as runner:
        yield runner.run
