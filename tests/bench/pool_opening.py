"""How long the first ranking of many stored vectors takes, and what the event loop feels of it.

    python tests/bench/pool_opening.py DATA [--workers N]

On SQLite, and on PostgreSQL where GIGWAY_DATABASE_URL names one (`.ci/postgres make bench-graph`). `make bench-graph`
runs it after the rest. Vectors are stored as the refresher stores them, but for the grants, which are not made.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import resource
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from populations import esco_graph, random_profile
from sqlalchemy import Engine, insert, text

from consent.grants.standing import StandingConsents
from gateway.storage.database import create_database_engine
from gateway.storage.keyring import generate_key, parse_keyring
from gateway.storage.migrate import migrate
from gateway.storage.vault import Vault
from graph.finding.opening import PoolOpener
from graph.finding.pools import Pools
from graph.finding.tables import MatchingVector
from graph.finding.vectors import VectorStore
from graph.taxonomy.graph import SkillGraph

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ACTOR, PURPOSE = "acme", "job_matching"
AT_ONCE = 2_000


def main() -> None:
    """Measure every database that is there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--workers", type=int, default=100_000)
    options = parser.parse_args()
    measure_opening(esco_graph(options.data), options.workers)


def measure_opening(graph: SkillGraph, workers: int) -> None:
    """Store vectors, open the pool, rank, change a few, rank again; print the times."""
    with tempfile.TemporaryDirectory() as folder:
        _measure("SQLite", create_database_engine(f"sqlite:///{folder}/bench.db"), graph, workers)
    url = os.environ.get("GIGWAY_DATABASE_URL", "")
    if not url.startswith("postgresql"):
        print("opening   PostgreSQL: skipped, GIGWAY_DATABASE_URL names none")
        return
    with _schema(url) as engine:
        _measure("PostgreSQL", engine, graph, workers)


def _measure(name: str, engine: Engine, graph: SkillGraph, workers: int) -> None:
    migrate(engine)
    vault = Vault(parse_keyring(generate_key("bench")))
    store = VectorStore(engine, vault, StandingConsents(engine))
    started = time.perf_counter()
    size = _fill(engine, store, graph, workers)
    print(f"opening   {name}: {workers:,} vectors of {size:,} bytes stored in {time.perf_counter() - started:.0f} s")
    asyncio.run(_open(name, engine, store, graph))
    engine.dispose()


async def _open(name: str, engine: Engine, store: VectorStore, graph: SkillGraph) -> None:
    pools, offer = Pools(lambda: graph, store, lambda: NOW), next(iter(graph.opportunities.values()))
    pool, opener, lags = pools.of(ACTOR, PURPOSE), PoolOpener(lambda: NOW), list[float]()
    gc.collect()
    gc.freeze()  # as a server does when it has started
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    watch = asyncio.create_task(_watch(lags))
    started = time.perf_counter()
    await opener.opened(pool)
    opened = time.perf_counter() - started
    watch.cancel()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    lags.sort()
    print(
        f"          {name}: opened in {opened:.1f} s, {grown:.0f} MB more at most; the event loop was late by "
        f"{lags[len(lags) // 2] * 1000:.0f} ms, {lags[int(len(lags) * 0.99)] * 1000:.0f} ms (p99), "
        f"{lags[-1] * 1000:.0f} ms at most"
    )
    for what, changed in (("again", 0), ("10 changed", 10), ("1,000 changed", 1_000)):
        _touch(engine, changed)
        started = time.perf_counter()
        await opener.ready(pool)
        pool.rank(offer, limit=20, now=NOW)
        print(f"          {name}: top 20 {what}: {(time.perf_counter() - started) * 1000:.0f} ms")


async def _watch(lags: list[float]) -> None:
    while True:
        due = time.perf_counter() + 0.01
        await asyncio.sleep(0.01)
        lags.append(time.perf_counter() - due)


def _fill(engine: Engine, store: VectorStore, graph: SkillGraph, workers: int) -> int:
    random, occupations, total = Random(1), sorted(graph.occupations), 0
    for first in range(0, workers, AT_ONCE):
        rows = []
        for number in range(first, min(first + AT_ONCE, workers)):
            grant_id = f"{number:032}"
            sealed = store.seal(grant_id, random_profile(graph, random, occupations))
            total += len(sealed)
            rows.append(
                {
                    "grant_id": grant_id,
                    "worker_id": f"w{number:030}",
                    "actor_id": ACTOR,
                    "purpose": PURPOSE,
                    "expires_at": NOW + timedelta(days=30),
                    "computed_at": NOW,
                    "sealed": sealed,
                }
            )
        with engine.begin() as connection:
            connection.execute(insert(MatchingVector), rows)
    return total // workers


def _touch(engine: Engine, count: int) -> None:
    if count:
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE matching_vector SET computed_at = computed_at WHERE grant_id < :last"),
                {"last": f"{count:032}"},
            )


@contextmanager
def _schema(url: str) -> Iterator[Engine]:
    name = f"bench{uuid.uuid4().hex}"
    admin = create_database_engine(url)
    with admin.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    yield create_database_engine(f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{name}")
    with admin.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    admin.dispose()


if __name__ == "__main__":
    main()
