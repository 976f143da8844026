"""The search: who suits an opportunity, of those who let this actor find them for this purpose, now.

    rank the pool ─► take the leases of the next few ─► whoever was refused is left out, the next one moves up ─► log

A pool that is far behind is read first (`opening`); until it is, the search is refused with MATCHING_NOT_READY.
Nobody is shown without a lease, and a score depends on one worker and the opportunity alone: who has no lease changes
nothing in what is shown but by not being there. The log entry is written before anything is handed over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from graph.errors import InvalidArgumentError, InvalidCursorError
from graph.finding.consents import Admission, Asker
from graph.finding.opening import PoolOpener
from graph.finding.pools import Entry, Pools, Ranked
from graph.finding.rankings import RankingLog
from graph.matching.worker_index import Candidate
from graph.model import Opportunity, SkillId
from graph.pages import decode_cursor, encode_cursor

MAX_FIRST = 50
MAX_REFUSED = 100
"""After so many refusals a search gives up; nothing is wrong with fewer shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of a search: cursors, workers, and the entry of the log."""

    workers: Sequence[tuple[str, str]]
    """(cursor, worker id)."""
    has_next: bool
    has_previous: bool
    ranking: str | None


class CandidateSearch:
    """Finds workers for opportunities."""

    def __init__(
        self,
        pools: Pools,
        log: RankingLog,
        admission: Admission,
        clock: Callable[[], datetime],
        *,
        opener: PoolOpener | None = None,
    ) -> None:
        self._pools = pools
        self._opener = opener or PoolOpener(clock)
        self._log = log
        self._admission = admission
        self._clock = clock

    async def find(
        self, opportunity: Opportunity, asker: Asker, permit: object, *, first: int, after: str | None
    ) -> Found:
        """Return the workers after a cursor.

        Raises `InvalidArgumentError`, `InvalidCursorError`, and `NotReadyError` as long as the pool is being read.
        """
        if not 1 <= first <= MAX_FIRST:
            raise InvalidArgumentError(f"first must be from 1 to {MAX_FIRST}.")
        start = None if after is None else _key(after)
        if asker.kind != "actor" or asker.actor_id is None or asker.purpose is None:
            return Found(workers=(), has_next=False, has_previous=False, ranking=None)
        pool, now = self._pools.of(asker.actor_id, asker.purpose), self._clock()
        await self._opener.ready(pool)
        shown: list[Candidate] = []
        entries: dict[str, Entry] = {}
        hours: dict[SkillId, float] = {}
        version, refused, position, has_next = 0, 0, start, False
        while len(shown) < first and refused < MAX_REFUSED:
            wanted = first - len(shown)
            ranked = await asyncio.to_thread(
                pool.rank, opportunity, limit=wanted + 1, now=now, only=asker.grant_id, after=position
            )
            batch = ranked.candidates[:wanted]
            has_next = len(ranked.candidates) > wanted
            if not batch:
                break
            let_in = await self._admission.admit(
                permit, [(each.worker, ranked.entries[each.worker].worker_id) for each in batch]
            )
            admitted = [each for each, is_in in zip(batch, let_in, strict=True) if is_in]
            shown += admitted
            entries.update({each.worker: ranked.entries[each.worker] for each in admitted})
            refused += len(batch) - len(admitted)
            version, hours = max(version, ranked.version), ranked.hours
            position = (batch[-1].score, batch[-1].worker)
        entry = None
        if shown:
            entry = await asyncio.to_thread(
                self._log.write,
                Ranked(version=version, candidates=tuple(shown), entries=entries, hours=hours),
                opportunity,
                actor_id=asker.actor_id,
                purpose=asker.purpose,
                request_id=asker.request_id,
                now=now,
            )
        return Found(
            workers=[(encode_cursor((-each.score, each.worker)), entries[each.worker].worker_id) for each in shown],
            has_next=has_next,
            has_previous=start is not None,
            ranking=entry,
        )

    async def profile(self, worker_id: str, asker: Asker) -> Entry | None:
        """Return what the asker's pool has of a worker, None when it has nothing. Raises `NotReadyError`."""
        if asker.kind != "actor" or asker.actor_id is None or asker.purpose is None:
            return None
        pool = self._pools.of(asker.actor_id, asker.purpose)
        await self._opener.ready(pool)
        return await asyncio.to_thread(pool.of_worker, worker_id, now=self._clock(), only=asker.grant_id)


def _key(cursor: str) -> tuple[float, str]:
    key = decode_cursor(cursor)
    if len(key) != 2 or isinstance(key[0], str) or not isinstance(key[1], str):
        raise InvalidCursorError
    return -float(key[0]), key[1]
