"""The sequencer and what it builds: events become leaves in one order for all processes, checkpoints, proofs.

Events are written where they happen, without waiting for each other. Once a second one process at a time takes those
that are complete and appends them. An event is in the log when a checkpoint covers it, about a second after it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from random import SystemRandom
from typing import Protocol

from sqlalchemy import Connection, Engine, delete, exists, insert, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from consent.audit.events import EVENTS, HashedEvent
from consent.audit.hashing import hash_events
from consent.audit.leaf import EventKind
from consent.audit.models import AuditCheckpoint, AuditLeaf
from consent.audit.note import Checkpoint
from consent.audit.standing import standing
from consent.audit.stored_tree import Growth, growth_of, nodes_in
from consent.audit.tree import Nodes, consistency_proof, inclusion_proof, root
from consent.columns import utc_now
from consent.models import AccessEvent, ConsentEvent, Worker
from consent.signing import NoKeyError
from consent.stops.order import lock_stops, share_stops, try_lock_stops

_log = logging.getLogger(__name__)

SEQUENCER_LOCK = 0x67_77_73_65_71
"""The key of the PostgreSQL advisory lock that lets one process at a time append (`gwseq`)."""

FORGET_EVENT = "consent:worker:forget"
"""The event that lists which events of an erased worker were deleted."""

INTERVAL_SECONDS = 1.0
BATCH = 2_000
_TRIES = 40
_PAUSE_SECONDS = 0.005

_CHECKPOINT = insert(AuditCheckpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusionProof:
    """Proof that an event is the leaf at `index` of the tree that `note` states."""

    index: int
    size: int
    leaf: bytes
    path: tuple[bytes, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """What follows in a log of which `signed` leaves are under a checkpoint."""

    signed: int
    growth: Growth
    checkpoint: Mapping[str, object] | None

    def store(self, connection: Connection) -> None:
        """Write it."""
        self.growth.store(connection)
        if self.checkpoint is not None:
            connection.execute(_CHECKPOINT, self.checkpoint)


class NoteSigner(Protocol):
    """Signs checkpoints under the name of the log: `Signer` with one key, `LogSigner` with a key's versions."""

    @property
    def name(self) -> str:
        """The origin of the log's checkpoints."""
        ...

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return a signed note."""
        ...


class AuditLog:
    """Appends events, signs checkpoints and gives proofs."""

    def __init__(self, engine: Engine, signer: NoteSigner, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._is_postgresql = engine.dialect.name == "postgresql"
        self._signer = signer
        self._clock = clock

    async def run(self, interval: float = INTERVAL_SECONDS) -> None:
        """Append and sign about every `interval` seconds until cancelled: processes shall not all do so at once."""
        while True:
            try:
                await asyncio.to_thread(self.advance)
            except (NoKeyError, SQLAlchemyError) as error:
                _log.error("consent:audit:fail", extra={"error": type(error).__name__})
            await asyncio.sleep(interval * SystemRandom().uniform(0.75, 1.25))

    def advance(self) -> int:
        """Append all events that are complete, sign a checkpoint if there were any, and return how many."""
        with self._reading() as connection:
            now = standing(connection)
        if now.is_complete:
            return 0
        # On SQLite writers follow one another, so whatever a reader sees is complete.
        bounds = self._bounds() if self._is_postgresql else now.newest
        appended = 0
        while bounds is not None and (batch := self._append(bounds)) is not None:
            appended += len(batch.growth.hashes)
            if len(batch.growth.hashes) < BATCH:
                break
        return appended

    def forget(self, worker_id: str) -> int:
        """Delete the events of an erased worker that are in the log; their leaves, and all proofs, stay.

        The log itself tells which events were deleted, so that nothing else can vanish under this name.
        Raises what the database raises when the worker is not erased.
        """
        with self._engine.begin() as connection:
            share_stops(connection)
            covered = select(col(AuditLeaf.event_id)).where(col(AuditLeaf.kind) == "access")
            mine = (col(AccessEvent.worker_id) == worker_id, col(AccessEvent.id).in_(covered))
            ids = connection.execute(select(col(AccessEvent.id)).where(*mine).order_by(col(AccessEvent.id))).scalars()
            listed = list(ids)
            if listed:
                connection.execute(delete(AccessEvent).where(*mine))
                connection.execute(
                    insert(ConsentEvent).values(
                        at=self._clock(),
                        type=FORGET_EVENT,
                        worker_id=worker_id,
                        by_kind="operator",
                        payload={"access": listed},
                    )
                )
        return len(listed)

    def forget_erased(self) -> int:
        """Delete what the log still has about workers who are erased, and return how many events that were."""
        with self._reading() as connection:
            erased = connection.execute(
                select(col(Worker.id)).where(
                    col(Worker.status) == "erased",
                    exists().where(
                        col(AccessEvent.worker_id) == col(Worker.id),
                        col(AuditLeaf.event_id) == col(AccessEvent.id),
                        col(AuditLeaf.kind) == "access",
                    ),
                )
            ).scalars()
            listed = list(erased)
        return sum(self.forget(worker_id) for worker_id in listed)

    def latest(self) -> str | None:
        """Return the newest checkpoint, a signed note."""
        with self._reading() as connection:
            return connection.execute(
                select(col(AuditCheckpoint.note)).order_by(col(AuditCheckpoint.size).desc()).limit(1)
            ).scalar_one_or_none()

    def consistency(self, first: int, second: int) -> list[bytes]:
        """Prove that the log of `first` leaves is a beginning of that of `second`. Raises `ValueError`."""
        with self._reading() as connection:
            if second > standing(connection).size:
                raise ValueError("the log is not that long")
            return consistency_proof(nodes_in(connection), first, second)

    def inclusion(self, kind: EventKind, event_id: int, *, size: int | None = None) -> InclusionProof | None:
        """Prove that an event is in the log: by its newest checkpoint, or by that of `size` leaves.

        None while that checkpoint does not cover it.
        """
        with self._reading() as connection:
            leaf = connection.execute(
                select(col(AuditLeaf.seq), col(AuditLeaf.hash)).where(
                    col(AuditLeaf.kind) == kind, col(AuditLeaf.event_id) == event_id
                )
            ).one_or_none()
            query = select(col(AuditCheckpoint.size), col(AuditCheckpoint.note))
            if size is not None:
                query = query.where(col(AuditCheckpoint.size) == size)
            signed = connection.execute(query.order_by(col(AuditCheckpoint.size).desc()).limit(1)).one_or_none()
            if leaf is None or signed is None or leaf.seq >= signed.size:
                return None
            path = inclusion_proof(nodes_in(connection), leaf.seq, signed.size)
        return InclusionProof(index=leaf.seq, size=signed.size, leaf=leaf.hash, path=tuple(path), note=signed.note)

    def _reading(self) -> Connection:
        return self._engine.execution_options(read_only=True).connect()

    def _bounds(self) -> Mapping[EventKind, int] | None:
        """Return the highest number of each kind below which no event can appear any more; None: another process asks.

        Whoever writes events holds the stop lock, shared or not, until their commit; having it alone for an
        instant means that all numbers given out before are committed or will never be. So they are read before it:
        everybody waits while it is held.
        """
        for _ in range(_TRIES):
            with self._engine.begin() as connection:
                if not _lock_sequencer(connection):
                    return None
                newest = standing(connection).newest
                # Whoever waited for the lock would have all who come later wait behind them.
                if try_lock_stops(connection):
                    return newest
            time.sleep(_PAUSE_SECONDS)
        with self._engine.begin() as connection:
            newest = standing(connection).newest
            lock_stops(connection)
            return newest

    def _append(self, bounds: Mapping[EventKind, int]) -> _Batch | None:
        """Append the next batch and return it; None when another process appends."""
        if self._is_postgresql:
            with self._engine.begin() as connection:
                if not _lock_sequencer(connection):
                    return None
                batch = self._prepare(connection, bounds)
                batch.store(connection)
                return batch
        # SQLite has one lock for all who write: it is taken when everything is worked out.
        with self._reading() as connection:
            batch = self._prepare(connection, bounds)
        if not batch.growth.hashes and batch.checkpoint is None:
            return batch
        with self._engine.begin() as connection:
            now = standing(connection)
            if (now.size, now.signed) != (batch.growth.start, batch.signed):
                return None
            batch.store(connection)
        return batch

    def _prepare(self, connection: Connection, bounds: Mapping[EventKind, int]) -> _Batch:
        """Work out what follows in the log, and the checkpoint when that is all there is."""
        now = standing(connection)
        found = _fair(
            {
                kind: hash_events(connection, kind, after=now.logged[kind], until=bounds[kind], limit=BATCH)
                for kind in EVENTS
                if bounds[kind] > now.logged[kind]
            }
        )
        growth = growth_of(nodes_in(connection), now.size, found)
        is_last = len(found) < BATCH and growth.size > now.signed
        checkpoint = self._sign(growth.nodes, growth.size) if is_last else None
        return _Batch(signed=now.signed, growth=growth, checkpoint=checkpoint)

    def _sign(self, nodes: Nodes, size: int) -> Mapping[str, object]:
        """Return the row of a checkpoint."""
        checkpoint = Checkpoint(origin=self._signer.name, size=size, root=root(nodes, size))
        return {"size": size, "root": checkpoint.root, "note": self._signer.sign(checkpoint), "at": self._clock()}


def _fair(found: Mapping[EventKind, Sequence[HashedEvent]]) -> list[HashedEvent]:
    """Bring a batch into one order: by instant, but the events of a kind always in the order of their numbers."""
    queues = [queue for queue in found.values() if queue]
    return list(queues[0]) if len(queues) == 1 else list(merge(*queues, key=lambda event: event[:3]))


def _lock_sequencer(connection: Connection) -> bool:
    """Be the only one that appends until the end of the transaction; false when another process is."""
    return bool(connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": SEQUENCER_LOCK}).scalar())
