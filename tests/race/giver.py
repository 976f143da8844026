"""Gives grants, in a process of its own: the harness is busy, and whoever gives a grant holds SQLite's write lock.

In the harness's own process each grant held it for 10 to 25 ms, waiting for the interpreter between statements, and
the revocations that were measured waited with it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from sqlalchemy import Engine

from consent.grants.lifecycle import GrantService
from consent.leases.keeper import LeaseKeeper
from consent.stops.stopping import Stops
from gateway.storage.database import create_database_engine
from tests.granting import give_grant


class Giver:
    """Lets one worker grant one client engagements, again and again."""

    def __init__(self, database_url: str, *, worker_id: str, client_id: str, actor_id: str) -> None:
        self._parties = (worker_id, client_id, actor_id)
        self._process = ProcessPoolExecutor(
            1, mp_context=multiprocessing.get_context("spawn"), initializer=_open, initargs=(database_url,)
        )

    async def give(self, platform: str) -> str:
        """Grant the engagements at a platform and return the grant's id."""
        return await asyncio.get_running_loop().run_in_executor(self._process, _give, platform, *self._parties)

    def close(self) -> None:
        """End the process."""
        self._process.shutdown()


_engine: Engine
_grants: GrantService


def _open(database_url: str) -> None:
    global _engine, _grants
    _engine = create_database_engine(database_url)
    _grants = GrantService(_engine, Stops(_engine, LeaseKeeper(_engine)))


def _give(platform: str, worker_id: str, client_id: str, actor_id: str) -> str:
    return give_grant(
        _engine,
        _grants,
        worker_id=worker_id,
        client_id=client_id,
        actor_id=actor_id,
        granted=[(platform, "engagements")],
    )
