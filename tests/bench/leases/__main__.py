"""What a lease costs: `python -m tests.bench.leases` (`make bench-leases`).

Fifty requests at once, each as the executor does it for a worker with two platforms and skills computed from both:
one question for the two accounts, one for the skills, the release of all three permits, their acknowledgement.
The CPU time of the whole process, all threads, less that of the same run with a gate that does nothing.
SQLite always; PostgreSQL too when `GIGWAY_DATABASE_URL` names one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy import Engine, text
from sqlmodel import Session

from consent.columns import utc_now
from consent.grants.lifecycle import GrantService
from consent.grants.visibility import SubjectGates
from consent.leases.gate import ConsentGate, GateSession, ScopeDecision
from consent.leases.keeper import LeaseKeeper
from consent.models import Actor, PlatformGate, Worker
from consent.stops.stopping import Stops
from gateway.executor.hooks import GateRequest
from gateway.server.session import RequestSession
from gateway.storage.database import create_database_engine
from gateway.storage.migrate import migrate
from gateway.storage.vocabulary import seed

CONCURRENCY = 50
WORKERS = 50
BAR_MS = 0.3
PLATFORMS = ("uber", "upwork")
SOURCES = {"uber": "platform:uber", "upwork": "platform:upwork", "graph": "internal"}
CATEGORIES = ("engagements", "skills")
SCOPES = frozenset(f"gig:{category}" for category in CATEGORIES)
SKILLS = frozenset({"gig:skills"})


class NothingPermit:
    """A permit of a gate that does nothing."""

    ended = False


class NothingGate:
    """Allows everything and writes nothing."""

    def __init__(self) -> None:
        self._permit: Any = NothingPermit()

    async def acquire(self, requests: Sequence[GateRequest], session: GateSession) -> Sequence[ScopeDecision]:
        """Allow."""
        await asyncio.sleep(0)
        return [ScopeDecision(permit=self._permit, allowed=request.scopes) for request in requests]

    async def release(
        self, permits: Collection[Any], session: GateSession, disclosed: Mapping[Any, Mapping[str, int]]
    ) -> Mapping[Any, frozenset[str]]:
        """Let everything go."""
        await asyncio.sleep(0)
        return {}

    async def acknowledge(self, permits: Collection[Any], session: GateSession) -> None:
        """Do nothing."""


def populate(engine: Engine) -> list[str]:
    """Make workers who have granted everything; return them."""
    migrate(engine)
    seed(engine)
    now = utc_now()
    grants = GrantService(engine, Stops(engine, LeaseKeeper(engine)))
    workers = [uuid.uuid4().hex for _ in range(WORKERS)]
    with Session(engine) as session:
        session.add(Actor(id="acme", legal_name="Acme AB", trading_name="Acme", created_at=now))
        session.add_all(PlatformGate(platform=platform, open=True, updated_at=now) for platform in PLATFORMS)
        session.add_all(Worker(id=worker, created_at=now) for worker in workers)
        session.flush()
        for worker in workers:
            for platform in PLATFORMS:
                SubjectGates().open(session, account_id=f"{platform}-{worker}", worker_id=worker, platform=platform)
            grants.grant(
                session,
                worker_id=worker,
                client_id="acme-app",
                actor_id="acme",
                purpose="job_matching",
                granted=[(platform, category) for platform in PLATFORMS for category in CATEGORIES],
                expires_at=now + timedelta(days=1),
                locale="en",
                notice_sha256="0" * 64,
                screen_sha256="0" * 64,
                amr=["pwd"],
            )
        session.commit()
    return workers


async def request(gate: Any, worker: str) -> None:
    """Do what the executor does with the gate for one request."""
    session = RequestSession(
        request_id=uuid.uuid4().hex,
        kind="actor",
        actor_id="acme",
        client_id="acme-app",
        purpose="job_matching",
        scopes=SCOPES,
        token_ref="0123abcd",
    )
    accounts = [
        GateRequest(
            subgraph=platform,
            typename="UberAccount" if platform == "uber" else "UpworkAccount",
            key={"id": f"{platform}-{worker}"},
            scopes=SCOPES,
        )
        for platform in PLATFORMS
    ]
    permits = [decision.permit for decision in await gate.acquire(accounts, session)]
    skills = GateRequest(
        subgraph="graph", typename="Worker", key={"id": worker}, scopes=SKILLS, inherited=tuple(permits)
    )
    permits += [decision.permit for decision in await gate.acquire([skills], session)]
    assert None not in permits
    disclosed = {permit: dict.fromkeys(SCOPES, 3) for permit in permits}
    ended = await gate.release(permits, session, disclosed)
    assert not ended
    await gate.acknowledge(permits, session)


async def run(gate: Any, workers: Sequence[str], requests: int) -> float:
    """Return the CPU milliseconds per request, of all threads."""
    left = iter(range(requests))

    async def client(number: int) -> None:
        for _ in left:
            await request(gate, workers[number % len(workers)])

    before = time.process_time()
    await asyncio.gather(*(client(number) for number in range(CONCURRENCY)))
    return (time.process_time() - before) * 1000 / requests


def measure(url: str, requests: int, rounds: int) -> list[float]:
    """Return what a lease costs above a gate that does nothing, in milliseconds, for each of several rounds."""
    engine = create_database_engine(url)
    workers = populate(engine)
    leases = LeaseKeeper(engine)
    leases.start()
    gate = ConsentGate(leases, sources=SOURCES, authorize_url="https://gigway.example/oauth/authorize")

    async def all_rounds() -> list[float]:
        await run(gate, workers, requests // 4)
        return [await run(gate, workers, requests) - await run(NothingGate(), workers, requests) for _ in range(rounds)]

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(all_rounds())
    finally:
        leases.close()
        engine.dispose()


def yardstick() -> float:
    """Return the CPU milliseconds of a fixed loop: how slow this machine is at the moment."""
    before, total = time.process_time(), 0
    for number in range(1_000_000):
        total += number * number
    return (time.process_time() - before) * 1000


def _databases(folder: str) -> dict[str, str]:
    found = {"SQLite": f"sqlite:///{Path(folder) / 'leases.db'}"}
    server = os.environ.get("GIGWAY_DATABASE_URL", "")
    if server.startswith("postgresql"):
        schema = f"leases_{uuid.uuid4().hex}"
        admin = create_database_engine(server)
        with admin.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        admin.dispose()
        found["PostgreSQL"] = f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3D{schema}"
    return found


def main() -> int:
    """Print a line for each database; exit code 1 when one is over the bar."""
    parser = argparse.ArgumentParser(prog="tests.bench.leases", description=__doc__)
    parser.add_argument("--requests", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    over = False
    with tempfile.TemporaryDirectory() as folder:
        for name, url in _databases(folder).items():
            rounds = measure(url, options.requests, options.rounds)
            cost = statistics.median(rounds)
            over = over or cost > BAR_MS
            sys.stdout.write(
                f"{name:<11} {cost:.3f} ms CPU per request at {CONCURRENCY} concurrent "
                f"({min(rounds):.3f} to {max(rounds):.3f}; bar {BAR_MS}; yardstick {yardstick():.0f} ms)\n"
            )
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
