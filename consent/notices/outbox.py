"""The outbox: filled from the consent events, emptied by whoever claims what is due.

A row is claimed by an update that only one process can make; the claim runs out, so that a process that died holds
nothing up. Works alike on SQLite and PostgreSQL; no transaction is open while a notice is on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from consent.audit.models import AuditCheckpoint, AuditLeaf
from consent.columns import utc_now
from consent.models import new_id
from consent.notices.changes import Change, read_changes
from consent.notices.models import NoticeCursor, NoticeDelivery
from consent.notices.token import NoticeSigner
from consent.oauth.models import OAuthClient
from consent.oauth.settings import SealForActor

BATCH: Final = 500
AT_ONCE: Final = 32
PER_CLIENT: Final = 4
"""How many notices to one client are under way at once, so that a slow receiver does not hold up the others."""

CLAIM: Final = timedelta(minutes=1)
"""How long a claim lasts; longer than any delivery may take."""

FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(hours=6)
GIVE_UP_AFTER: Final = timedelta(days=7)
KEPT: Final = timedelta(days=90)
"""How long the record of a delivery is kept after its end."""

_RANDOM: Final = SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A notice that this process alone may send now. `attempt` counts from 1."""

    jti: str
    client_id: str
    url: str
    token: str = field(repr=False)
    attempt: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Changes after one event of the log up to another; notices of them quote `checkpoint`."""

    after: int
    changes: Sequence[Change]
    last: int
    checkpoint: str


_MOVE = update(NoticeCursor).where(col(NoticeCursor.seq) == bindparam("after")).values(seq=bindparam("last"))


class Outbox:
    """What there is to tell, to whom, and how far that is. Synchronous; every method is a few transactions."""

    def __init__(
        self,
        engine: Engine,
        signer: NoticeSigner,
        seal: SealForActor,
        *,
        cosigned: Callable[[], str | None] = lambda: None,
        clock: Callable[[], datetime] = utc_now,
        jitter: Callable[[], float] = _RANDOM.random,
    ) -> None:
        """`seal` returns an actor's id of a worker, `cosigned` the newest checkpoint that a witness has cosigned;
        `jitter` returns a number from 0 up to 1.
        """
        self._engine = engine
        self._signer = signer
        self._seal = seal
        self._cosigned = cosigned
        self._clock = clock
        self._jitter = jitter

    def feed(self) -> int:
        """Make notices of the events that the newest checkpoint covers, and return how many."""
        made = 0
        while (batch := self._read()) is not None:
            cosigned = self._cosigned()
            rows = [self._row(change, batch.checkpoint, cosigned) for change in batch.changes]
            with self._engine.begin() as connection:
                if not _move_cursor(connection, batch.after, batch.last):
                    continue  # another process was first
                if rows:
                    connection.execute(insert(NoticeDelivery), rows)
            made += len(rows)
        return made

    def claim(self) -> list[Claimed]:
        """Return notices that are due, now this process's alone until the claim runs out."""
        now = self._clock()
        with self._engine.execution_options(read_only=True).connect() as connection:
            due = _due(connection, now)
        if not due:
            return []
        claimed = []
        with self._engine.begin() as connection:
            for jti, seen in sorted(due):
                row = connection.execute(
                    update(NoticeDelivery)
                    .where(
                        col(NoticeDelivery.jti) == jti,
                        col(NoticeDelivery.attempts) == seen,
                        col(NoticeDelivery.next_at) <= now,
                    )
                    .values(attempts=seen + 1, next_at=now + CLAIM)
                    .returning(col(NoticeDelivery.client_id), col(NoticeDelivery.token), col(NoticeDelivery.created_at))
                ).one_or_none()
                if row is None:
                    continue
                url = connection.execute(
                    select(col(OAuthClient.event_push_url)).where(col(OAuthClient.id) == row.client_id)
                ).scalar_one()
                if url is None:
                    self._close(connection, jti, seen + 1, given_up_at=now, last_error="no_address")
                    continue
                claimed.append(
                    Claimed(
                        jti=jti,
                        client_id=row.client_id,
                        url=url,
                        token=self._signer.renew(row.token),
                        attempt=seen + 1,
                        created_at=row.created_at,
                    )
                )
        return claimed

    def done(self, notice: Claimed) -> None:
        """Note that the receiver has taken the notice."""
        with self._engine.begin() as connection:
            self._close(connection, notice.jti, notice.attempt, delivered_at=self._clock(), last_error=None)

    def give_up(self, notice: Claimed, code: str) -> None:
        """Note that the receiver refused the notice for good."""
        with self._engine.begin() as connection:
            self._close(connection, notice.jti, notice.attempt, given_up_at=self._clock(), last_error=code)

    def put_off(self, notice: Claimed, code: str) -> None:
        """Note a failure: the notice is due again later, or is given up when it has become too old."""
        now = self._clock()
        if now - notice.created_at >= GIVE_UP_AFTER:
            self.give_up(notice, code)
            return
        with self._engine.begin() as connection:
            connection.execute(
                update(NoticeDelivery)
                .where(
                    col(NoticeDelivery.jti) == notice.jti,
                    col(NoticeDelivery.attempts) == notice.attempt,
                    col(NoticeDelivery.token).is_not(None),
                )
                .values(next_at=now + wait_after(notice.attempt, self._jitter()), last_error=code)
            )

    def _read(self) -> _Batch | None:
        """Return what there is to tell next, None when everything has been told."""
        with self._engine.execution_options(read_only=True).connect() as connection:
            after = connection.execute(select(col(NoticeCursor.seq))).scalar_one_or_none() or 0
            covered = _covered(connection)
            if covered is None or covered[0] <= after:
                return None
            until, checkpoint = covered
            changes, last = read_changes(connection, after=after, until=until, limit=BATCH)
        return _Batch(after=after, changes=changes, last=last, checkpoint=checkpoint)

    def _row(self, change: Change, checkpoint: str, cosigned: str | None) -> dict[str, object]:
        """Return a delivery with its signed notice."""
        jti, now = new_id(), self._clock()
        return {
            "jti": jti,
            "event_seq": change.event_seq,
            "client_id": change.client_id,
            "grant_id": change.grant_id if change.request_id is None else None,
            "request_id": change.request_id,
            "token": self._signer.sign(
                change,
                jti=jti,
                issued_at=now,
                worker=None if change.worker_id is None else self._seal(change.worker_id, change.actor_id),
                checkpoint=checkpoint,
                cosigned_checkpoint=cosigned,
            ),
            "created_at": now,
            "attempts": 0,
            "next_at": now,
        }

    @staticmethod
    def _close(connection: Connection, jti: str, attempt: int, **values: object) -> None:
        connection.execute(
            update(NoticeDelivery)
            .where(
                col(NoticeDelivery.jti) == jti,
                col(NoticeDelivery.attempts) == attempt,
                col(NoticeDelivery.token).is_not(None),
            )
            .values(token=None, next_at=None, **values)
        )


def wait_after(attempt: int, jitter: float) -> timedelta:
    """Return how long to wait after a failed attempt: doubling from 5 seconds to 6 hours, less up to a half."""
    full: timedelta = min(FIRST_WAIT * (1 << min(attempt - 1, 20)), LONGEST_WAIT)
    return full * (1 - jitter / 2)


def purge(connection: Connection, *, now: datetime) -> int:
    """Delete the records of deliveries that ended long ago; returns how many. The caller commits."""
    before = now - KEPT
    ended = or_(col(NoticeDelivery.delivered_at) <= before, col(NoticeDelivery.given_up_at) <= before)
    return connection.execute(delete(NoticeDelivery).where(ended)).rowcount


def _move_cursor(connection: Connection, after: int, last: int) -> bool:
    """Note that events up to `last` are told from here on; false when the last one told is no longer `after`."""
    if connection.execute(_MOVE, {"after": after, "last": last}).rowcount:
        return True
    if after:
        return False
    begin = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(NoticeCursor)
    begun = begin.values(id=1, seq=last).on_conflict_do_nothing().returning(col(NoticeCursor.id))
    return connection.execute(begun).first() is not None


def _covered(connection: Connection) -> tuple[int, str] | None:
    """Return the last consent event that the newest checkpoint covers, and that checkpoint.

    The audit log takes events in the order of their numbers and only when no smaller one can appear any more.
    """
    newest = connection.execute(
        select(col(AuditCheckpoint.size), col(AuditCheckpoint.note)).order_by(col(AuditCheckpoint.size).desc()).limit(1)
    ).one_or_none()
    if newest is None:
        return None
    event = connection.execute(
        select(func.max(col(AuditLeaf.event_id))).where(
            col(AuditLeaf.kind) == "consent", col(AuditLeaf.seq) < newest.size
        )
    ).scalar()
    return None if event is None else (int(event), str(newest.note))


def _due(connection: Connection, now: datetime) -> Sequence[tuple[str, int]]:
    place = func.row_number().over(partition_by=col(NoticeDelivery.client_id), order_by=col(NoticeDelivery.next_at))
    due = (
        select(col(NoticeDelivery.jti), col(NoticeDelivery.attempts), col(NoticeDelivery.next_at), place.label("place"))
        .where(col(NoticeDelivery.next_at) <= now)
        .subquery()
    )
    query = select(due.c.jti, due.c.attempts).where(due.c.place <= PER_CLIENT).order_by(due.c.next_at, due.c.jti)
    return [(row.jti, row.attempts) for row in connection.execute(query.limit(AT_ONCE))]
