"""The workers whom one actor can find for one purpose, in memory, in step with the database before each ranking.

A pool asks the database for its version, one row by key; when that has moved, for the changes alone. So whoever's
vector is gone is out of the next ranking in every process, and nothing depends on being told. Grants that have run out
but are not marked yet are left out by their time.

Changes are read and taken over `BATCH` at a time, so that memory is bounded by what is kept. Of a worker a pool keeps a
row of the index and the packed profile. A pool that is far behind is read by `opening` before it is ranked.
"""

from __future__ import annotations

import heapq
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from graph.finding.vectors import Packed, VectorStore
from graph.matching.profile import Profile
from graph.matching.worker_index import Candidate, WorkerIndex
from graph.model import Opportunity, SkillId
from graph.taxonomy.graph import SkillGraph

MAX_POOLS = 16
MAX_WORKERS = 400_000
"""Pools, and workers in all of them, that a process keeps in memory. The pool that was not used for longest goes first,
and is read again when asked for; one pool is kept however large it is."""
BATCH = 1_000
"""Changes that are read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One grant in a pool."""

    worker_id: str
    expires_at: datetime
    packed: Packed

    @property
    def profile(self) -> Profile:
        """What matching knows of the worker."""
        return self.packed.profile()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A ranking of a pool at one version."""

    version: int
    candidates: tuple[Candidate, ...]
    """By grant."""
    entries: dict[str, Entry]
    """Of these candidates."""
    hours: dict[SkillId, float]
    """Of training for each required skill, as the market has it."""


class Pool:
    """One actor's and purpose's findable workers. Safe to use from several threads, one at a time."""

    def __init__(self, graph: Callable[[], SkillGraph], store: VectorStore, actor_id: str, purpose: str) -> None:
        self._graph = graph
        self._store = store
        self._actor_id = actor_id
        self._purpose = purpose
        self._lock = threading.Lock()
        self._index = WorkerIndex(graph())
        self._entries: dict[str, Entry] = {}
        self._grants_of: dict[str, set[str]] = defaultdict(set)
        self._expiries: list[tuple[datetime, str]] = []
        self._version = 0

    def rank(
        self,
        opportunity: Opportunity,
        *,
        limit: int,
        now: datetime,
        only: str | None = None,
        after: tuple[float, str] | None = None,
    ) -> Ranked:
        """Return the best `limit` grants after a (score, grant); `only` narrows to one grant.

        Of a worker with several grants the one that expires last stands, wherever it would come in the order.
        """
        with self._lock:
            self._catch_up(now)
            kept: list[Candidate] = []
            position = after
            while len(kept) < limit:
                found = self._index.rank(opportunity, limit=limit, after=position)
                kept += [each for each in found if self._stands(each.worker, only)]
                if len(found) < limit:
                    break
                position = (found[-1].score, found[-1].worker)
            return Ranked(
                version=self._version,
                candidates=tuple(kept[:limit]),
                entries={each.worker: self._entries[each.worker] for each in kept[:limit]},
                hours=self._index.hours_for(opportunity),
            )

    def _stands(self, grant_id: str, only: str | None) -> bool:
        if only is not None:
            return grant_id == only
        grants = self._grants_of[self._entries[grant_id].worker_id]
        return len(grants) == 1 or grant_id == max(grants, key=lambda each: (self._entries[each].expires_at, each))

    def of_worker(self, worker_id: str, *, now: datetime, only: str | None = None) -> Entry | None:
        """Return what a worker's grant that expires last has brought."""
        with self._lock:
            self._catch_up(now)
            grants = self._grants_of.get(worker_id, ())
            standing = max(
                (each for each in grants if only in (None, each)),
                key=lambda each: (self._entries[each].expires_at, each),
                default=None,
            )
            return None if standing is None else self._entries[standing]

    def __len__(self) -> int:
        return len(self._entries)

    def items(self, *, now: datetime) -> list[tuple[str, Entry]]:
        """Return all grants with their entries."""
        with self._lock:
            self._catch_up(now)
            return sorted(self._entries.items())

    def behind(self, *, most: int) -> int:
        """Return how many changes are to be read before a ranking; `most` when there are so many or more."""
        if self._graph().base is not self._index.graph.base:
            return most if len(self._entries) >= most else len(self._entries)
        if self._store.version(self._actor_id, self._purpose) == self._version:
            return 0
        return self._store.outstanding(self._actor_id, self._purpose, self._version, most=most)

    def read_on(self, now: datetime) -> bool:
        """Take over the next changes; whether there may be more of them. Others can use the pool in between."""
        with self._lock:
            return self._read_on(now)

    def _catch_up(self, now: datetime) -> None:
        while self._read_on(now):
            pass

    def _read_on(self, now: datetime) -> bool:
        graph = self._graph()
        if graph.base is self._index.graph.base:
            self._index.use(graph)
        else:
            # Another taxonomy numbers skills otherwise: everything is read again.
            self._index, self._version = WorkerIndex(graph), 0
            self._entries.clear()
            self._grants_of.clear()
            self._expiries.clear()
        is_behind = False
        if self._store.version(self._actor_id, self._purpose) != self._version:
            found = self._store.since(self._actor_id, self._purpose, self._version, most=BATCH)
            added: dict[str, Profile] = {}
            for change in found.changes:
                self._forget(change.grant_id)
                if change.packed is not None and change.profile is not None and change.expires_at is not None:
                    self._entries[change.grant_id] = Entry(
                        worker_id=change.worker_id, expires_at=change.expires_at, packed=change.packed
                    )
                    added[change.grant_id] = change.profile
                    self._grants_of[change.worker_id].add(change.grant_id)
                    heapq.heappush(self._expiries, (change.expires_at, change.grant_id))
            self._index.put(added.items())
            self._version, is_behind = found.version, not found.is_all
        while self._expiries and self._expiries[0][0] <= now:
            _, grant_id = heapq.heappop(self._expiries)
            entry = self._entries.get(grant_id)
            if entry is not None and entry.expires_at <= now:
                self._forget(grant_id)
        return is_behind

    def _forget(self, grant_id: str) -> None:
        entry = self._entries.pop(grant_id, None)
        if entry is not None:
            self._index.remove(grant_id)
            self._grants_of[entry.worker_id].discard(grant_id)
            if not self._grants_of[entry.worker_id]:
                del self._grants_of[entry.worker_id]


class Pools:
    """The pools that this process has in memory."""

    def __init__(self, graph: Callable[[], SkillGraph], store: VectorStore, clock: Callable[[], datetime]) -> None:
        self._graph = graph
        self._store = store
        self.clock = clock
        self._lock = threading.Lock()
        self._pools: OrderedDict[tuple[str, str], Pool] = OrderedDict()

    def of(self, actor_id: str, purpose: str) -> Pool:
        """Return a pool."""
        with self._lock:
            key = (actor_id, purpose)
            pool = self._pools.get(key)
            if pool is None:
                pool = self._pools[key] = Pool(self._graph, self._store, actor_id, purpose)
            self._pools.move_to_end(key)
            while len(self._pools) > MAX_POOLS or (
                len(self._pools) > 1 and sum(map(len, self._pools.values())) > MAX_WORKERS
            ):
                self._pools.popitem(last=False)
            return pool
