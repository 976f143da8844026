"""Keeps vectors fresh in the background: read under the grant's lease, stored, and only then is the lease closed.

A grant that lets an actor find somebody has a task from the moment it is given (`triggers`). Processes claim tasks for
a while, so that each is done once; a claim runs out when its process dies. Few are done at a time, and when each is due
again is spread at random. A read that failed is tried again, later each time, and what was known before stays until
then; a grant that has ended needs nothing, its rows are gone already.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Engine, and_, delete, or_, select, update
from sqlmodel import col

from graph.finding.consents import Consents, Reads
from graph.finding.tables import MatchingTask, MatchingVector
from graph.finding.vectors import VectorStore
from graph.matching.profile import Profile

log = logging.getLogger("gigway.graph.finding")

POLL_SECONDS = 2.0
AT_ONCE = 4
PER_ROUND = 100
FRESH = timedelta(days=1)
CLAIM = timedelta(minutes=2)
FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=6)


class Refresher:
    """Computes what is due. `chance` spreads the load."""

    def __init__(
        self,
        engine: Engine,
        consents: Consents,
        store: VectorStore,
        read: Reads,
        *,
        clock: Callable[[], datetime],
        chance: Random | None = None,
    ) -> None:
        self._engine = engine
        self._consents = consents
        self._store = store
        self._read = read
        self._clock = clock
        self._chance = chance or Random()  # noqa: S311 - when work is done is no secret

    async def run(self) -> None:
        """Do what is due, again and again, until cancelled. A failure is logged, and the next round tries again."""
        while True:
            try:
                await self.refresh_due()
            except Exception as error:
                log.error("graph:matching:fail", extra={"error": type(error).__name__})
            await asyncio.sleep(POLL_SECONDS * self._chance.uniform(0.8, 1.2))

    async def refresh_due(self) -> int:
        """Do what is due now, as far as other processes have not claimed it; return how much was done."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def refresh(grant_id: str) -> bool:
            async with slots:
                if not await asyncio.to_thread(self._claim, grant_id):
                    return False
                await self._refresh(grant_id)
                return True

        done = await asyncio.gather(*(refresh(each) for each in await asyncio.to_thread(self._due)))
        return sum(done)

    async def _refresh(self, grant_id: str) -> None:
        grant = await asyncio.to_thread(self._consents.standing, grant_id)
        if grant is None:
            await asyncio.to_thread(self._drop, grant_id)
            return
        accounts = await asyncio.to_thread(self._consents.open_accounts, grant.worker_id)
        is_done = False
        try:
            reading = await self._read(grant)
            try:
                profile = _profile_in(reading.data)
                partial = any(_is_failure(each) for each in reading.errors)
                # What is known from all platforms is not given up for what some of them say.
                if profile is not None and not (partial and await asyncio.to_thread(self._is_known, grant_id)):
                    is_done = await asyncio.to_thread(
                        lambda: self._store.store(grant, profile, accounts=accounts, now=self._clock())
                    )
                is_done = is_done and not partial
            finally:
                await reading.acknowledge()
        except Exception as error:
            log.error("graph:matching:fail", extra={"error": type(error).__name__})
        await asyncio.to_thread(self._settle, grant_id, is_done)

    def _due(self) -> list[str]:
        with self._engine.execution_options(read_only=True).connect() as connection:
            query = select(col(MatchingTask.grant_id)).where(self._is_free()).order_by(col(MatchingTask.due_at))
            return list(connection.execute(query.limit(PER_ROUND)).scalars())

    def _claim(self, grant_id: str) -> bool:
        with self._engine.begin() as connection:
            claimed = connection.execute(
                update(MatchingTask)
                .where(col(MatchingTask.grant_id) == grant_id, self._is_free())
                .values(claimed_until=self._clock() + CLAIM)
            )
            return bool(claimed.rowcount)

    def _is_free(self) -> Any:
        now = self._clock()
        unclaimed = or_(col(MatchingTask.claimed_until).is_(None), col(MatchingTask.claimed_until) <= now)
        return and_(col(MatchingTask.due_at) <= now, unclaimed)

    def _is_known(self, grant_id: str) -> bool:
        with self._engine.execution_options(read_only=True).connect() as connection:
            query = select(col(MatchingVector.grant_id)).where(col(MatchingVector.grant_id) == grant_id)
            return connection.execute(query).scalar_one_or_none() is not None

    def _settle(self, grant_id: str, is_done: bool) -> None:
        """Say when the task is due next. A task that was made due meanwhile has lost its claim, and stays due."""
        now = self._clock()
        claimed = and_(col(MatchingTask.grant_id) == grant_id, col(MatchingTask.claimed_until).is_not(None))
        with self._engine.begin() as connection:
            failures = connection.execute(select(col(MatchingTask.failures)).where(claimed)).scalar_one_or_none()
            if failures is None:
                return
            wait = FRESH if is_done else min(LAST_RETRY, FIRST_RETRY * 2 ** min(failures, 16))
            connection.execute(
                update(MatchingTask)
                .where(claimed)
                .values(
                    due_at=now + wait * self._chance.uniform(0.8, 1.2),
                    claimed_until=None,
                    failures=0 if is_done else failures + 1,
                )
            )

    def _drop(self, grant_id: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(MatchingTask).where(col(MatchingTask.grant_id) == grant_id))


def _profile_in(data: Any) -> Profile | None:
    worker = data.get("worker") if data else None
    text = worker.get("matchingProfile") if worker else None
    return None if text is None else Profile.from_bytes(text.encode())


def _is_failure(error: Any) -> bool:
    """Whether an error tells of a platform that did not answer; what is not granted is no failure."""
    return (error.get("extensions") or {}).get("code") != "CONSENT_REQUIRED"
