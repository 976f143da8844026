"""Makes each month's release: reads who is to be counted, under their grants' leases, and publishes by the rule.

One process makes a release, the others find it claimed or made. Whoever cannot be read just then is counted as last
time. Workers with several grants for the same actor and purpose are counted once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random, SystemRandom
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError

from graph.counting.contribution import Contribution
from graph.counting.pay_publication import publish_pay
from graph.counting.publication import publish
from graph.counting.releases import Release, ReleaseStore, number_of
from graph.finding.consents import FindableGrant, Reads

log = logging.getLogger("gigway.graph.counting")

POLL_SECONDS = 60.0
AT_ONCE = 4


class CountedGrants(Protocol):
    """Who is to be counted, as the database has it now."""

    def counted(self) -> Sequence[FindableGrant]:
        """Return every grant in force of `statistics`."""
        ...

    def open_accounts(self, worker_id: str) -> frozenset[str]:
        """Return the worker's accounts that may be read."""
        ...


class Publisher:
    """Publishes what is due. `dice` decides on thresholds and rounding, and must not be guessable."""

    def __init__(
        self,
        consents: CountedGrants,
        store: ReleaseStore,
        read: Reads,
        *,
        clock: Callable[[], datetime],
        dice: Random | None = None,
    ) -> None:
        self._consents = consents
        self._store = store
        self._read = read
        self._clock = clock
        self._dice = dice or SystemRandom()

    async def run(self) -> None:
        """Publish, month by month, until cancelled. A failure is logged, and the next round tries again."""
        while True:
            try:
                await self.publish_due()
            except Exception as error:
                log.error("graph:statistics:fail", extra={"error": type(error).__name__})
            await asyncio.sleep(POLL_SECONDS)

    async def publish_due(self) -> int:
        """Make the releases of this month that nobody has made; return how many."""
        now = self._clock()
        number, groups = number_of(now), dict[tuple[str, str], list[FindableGrant]]()
        for grant in await asyncio.to_thread(self._consents.counted):
            groups.setdefault((grant.actor_id, grant.purpose), []).append(grant)
        made = 0
        for (actor_id, purpose), grants in sorted(groups.items()):
            if not await asyncio.to_thread(self._store.claim, actor_id, purpose, number, now):
                continue
            await self._count(grants, number)
            made += await asyncio.to_thread(self._publish, actor_id, purpose, number)
        return made

    def _publish(self, actor_id: str, purpose: str, number: int) -> bool:
        standing = {
            each.grant_id for each in self._consents.counted() if (each.actor_id, each.purpose) == (actor_id, purpose)
        }
        before = self._store.latest(actor_id, purpose)
        counted = self._store.counted(actor_id, purpose, standing)
        regions = publish(number, counted, {} if before is None else before.regions, self._dice)
        pay = publish_pay(number, counted, {} if before is None else before.pay, self._dice)
        return self._store.save(actor_id, purpose, Release(number=number, regions=regions, pay=pay))

    async def _count(self, grants: Sequence[FindableGrant], number: int) -> None:
        slots = asyncio.Semaphore(AT_ONCE)

        async def count(grant: FindableGrant) -> None:
            async with slots:
                try:
                    await self._count_one(grant, number)
                except SQLAlchemyError:
                    raise
                except Exception as error:
                    log.error("graph:statistics:fail", extra={"error": type(error).__name__})

        await asyncio.gather(*map(count, grants))

    async def _count_one(self, grant: FindableGrant, number: int) -> None:
        accounts = await asyncio.to_thread(self._consents.open_accounts, grant.worker_id)
        reading = await self._read(grant)
        try:
            contribution = _contribution_in(reading.data)
            if contribution is not None:
                await asyncio.to_thread(
                    lambda: self._store.count(grant, contribution, accounts=accounts, number=number)
                )
        finally:
            await reading.acknowledge()


def _contribution_in(data: Any) -> Contribution | None:
    worker = data.get("worker") if data else None
    text = worker.get("contribution") if worker else None
    if worker is None or text is None:
        return None
    return Contribution.from_bytes(text.encode()).earning(worker.get("payContribution"))
