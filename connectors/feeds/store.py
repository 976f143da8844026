"""What is kept of feeds: claims, copies, openings. All functions block; call them in a thread."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from connectors.feeds.models import FeedCopy, FeedOpening
from connectors.feeds.reader import Copy
from connectors.schema import AnyConnector
from connectors.schema.definition import Feed

Json = Any

CLAIM = timedelta(minutes=10)
"""How long a process may take for one reading before another may try."""
FIRST_RETRY = timedelta(minutes=1)
MOST_RETRY = timedelta(hours=6)
KEPT_MONTHS = 60
_BATCH = 500

_COPY = FeedCopy.__table__  # type: ignore[attr-defined]
_OPENING = FeedOpening.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """How a feed stands, for operators. `refused` are lines with code, message, count and example."""

    platform: str
    feed: str
    gives: str
    accepted: int
    refused: Sequence[Mapping[str, Json]]
    complete: bool
    read_at: datetime | None
    checked_at: datetime | None
    next_at: datetime
    failures: int
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCopy:
    """The last good copy of a feed."""

    platform: str
    feed: str
    gives: str
    version: str
    fidelity: str
    simulated: bool
    read_at: datetime
    records: Sequence[Mapping[str, Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An opening that was ever seen."""

    platform: str
    month: str
    region: str | None
    occupation: str
    requires: Sequence[str]
    openings: int
    simulated: bool


class FeedStore:
    """The rows of feeds."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._reader = engine.execution_options(read_only=True)
        self._clock = clock

    def claim(self, connector: AnyConnector, feed: Feed) -> Mapping[str, str] | None:
        """Take on a feed that is due; None when it is not, or when another process has it.

        Returns the validators of the last reading; none where the connector's text has changed since.
        """
        now = self._clock()
        with self._reader.connect() as connection:
            known = self._row(connection, connector.name, feed.id)
        is_changed = known is not None and known.digest != connector.digest
        if known is not None and (known.claimed_until > now or (known.next_at > now and not is_changed)):
            return None  # as nearly always: no lock is taken for it
        with self._engine.begin() as connection:
            if known is None:
                return self._first_claim(connection, connector, feed, now)
            due = _COPY.c.claimed_until <= now
            if not is_changed:
                due = due & (_COPY.c.next_at <= now)
            done = connection.execute(
                update(FeedCopy)
                .where(_COPY.c.platform == connector.name, _COPY.c.feed == feed.id, due)
                .where(_COPY.c.digest == known.digest)
                .values(claimed_until=now + CLAIM, digest=connector.digest, gives=feed.gives)
            )
            if not done.rowcount:
                return None
            return {} if is_changed else dict(known.validators)

    def keep(self, connector: AnyConnector, feed: Feed, copy: Copy | None, *, simulated: bool) -> None:
        """Keep what a claimed feed gave; None when it is as it was."""
        now, platform = self._clock(), connector.definition.platform
        values: dict[str, Any] = {
            "checked_at": now,
            "next_at": now + feed.every,
            "claimed_until": now,
            "failures": 0,
            "error": None,
        }
        if copy is not None:
            values |= {
                "content": zlib.compress(orjson.dumps(list(copy.records)), 6),
                "content_sha256": copy.sha256,
                "validators": dict(copy.validators),
                "accepted": len(copy.records),
                "refused": [asdict(each) for each in copy.refused],
                "complete": copy.complete,
                "version": platform.version,
                "fidelity": platform.fidelity,
                "simulated": simulated,
                "read_at": now,
            }
        with self._engine.begin() as connection:
            connection.execute(self._update(connector, feed).values(**values))
            if copy is not None and feed.gives == "OPPORTUNITIES":
                self._remember(connection, connector.name, copy.records, simulated, now)

    def fail(self, connector: AnyConnector, feed: Feed, error: str, *, after: float | None = None) -> None:
        """Note that a claimed feed could not be read. The last good copy stays."""
        now = self._clock()
        with self._engine.begin() as connection:
            known = self._row(connection, connector.name, feed.id)
            failures = (known.failures if known is not None else 0) + 1
            wait = min(FIRST_RETRY * 2 ** min(failures - 1, 10), MOST_RETRY, max(feed.every, FIRST_RETRY))
            if after is not None:
                wait = max(wait, min(timedelta(seconds=after), MOST_RETRY))
            connection.execute(
                self._update(connector, feed).values(
                    checked_at=now, next_at=now + wait, claimed_until=now, failures=failures, error=error[:500]
                )
            )

    def revision(self) -> str:
        """Return a text that changes when any copy does, or a feed was tried for the first time."""
        columns = (_COPY.c.platform, _COPY.c.feed, _COPY.c.content_sha256, _COPY.c.version, _COPY.c.simulated)
        query = select(*columns, _COPY.c.checked_at.is_not(None)).order_by(_COPY.c.platform, _COPY.c.feed)
        with self._reader.connect() as connection:
            return "|".join(":".join(map(str, row)) for row in connection.execute(query))

    def copies(self) -> list[StoredCopy]:
        """Return the last good copies, by platform and feed."""
        query = (
            select(FeedCopy.__table__)  # type: ignore[attr-defined]
            .where(_COPY.c.content.is_not(None))
            .order_by(_COPY.c.platform, _COPY.c.feed)
        )
        with self._reader.connect() as connection:
            return [
                StoredCopy(
                    platform=row.platform,
                    feed=row.feed,
                    gives=row.gives,
                    version=row.version,
                    fidelity=row.fidelity,
                    simulated=row.simulated,
                    read_at=row.read_at,
                    records=orjson.loads(zlib.decompress(row.content)),
                )
                for row in connection.execute(query)
            ]

    def openings(self) -> list[Opening]:
        """Return the openings that were ever seen, by month."""
        columns = [_OPENING.c[name] for name in Opening.__dataclass_fields__]
        query = select(*columns).order_by(_OPENING.c.month, _OPENING.c.platform, _OPENING.c.ref)
        with self._reader.connect() as connection:
            return [Opening(**row._asdict()) for row in connection.execute(query)]

    def states(self) -> list[FeedState]:
        """Return how every feed stands."""
        columns = [_COPY.c[name] for name in FeedState.__dataclass_fields__]
        with self._reader.connect() as connection:
            rows = connection.execute(select(*columns).order_by(_COPY.c.platform, _COPY.c.feed))
            return [FeedState(**row._asdict()) for row in rows]

    def _first_claim(
        self, connection: Connection, connector: AnyConnector, feed: Feed, now: datetime
    ) -> Mapping[str, str] | None:
        values = {
            "platform": connector.name,
            "feed": feed.id,
            "gives": feed.gives,
            "digest": connector.digest,
            "validators": {},
            "refused": [],
            "next_at": now,
            "claimed_until": now + CLAIM,
        }
        try:
            with connection.begin_nested():
                connection.execute(insert(FeedCopy).values(**values))
        except IntegrityError:
            return None
        return {}

    def _remember(
        self,
        connection: Connection,
        platform: str,
        records: Sequence[Mapping[str, Json]],
        simulated: bool,
        now: datetime,
    ) -> None:
        known = set(connection.execute(select(_OPENING.c.ref).where(_OPENING.c.platform == platform)).scalars())
        rows = [
            {
                "platform": platform,
                "ref": each["ref"],
                "month": each["postedAt"][:7],
                "region": each["place"],
                "occupation": each["occupation"] or each["title"],
                "requires": each["requires"],
                "openings": each["openings"],
                "simulated": simulated,
            }
            for each in records
            if each["ref"] not in known
        ]
        for start in range(0, len(rows), _BATCH):
            connection.execute(insert(FeedOpening), rows[start : start + _BATCH])
        number = now.year * 12 + now.month - 1 - KEPT_MONTHS
        oldest = f"{number // 12:04}-{number % 12 + 1:02}"
        connection.execute(delete(FeedOpening).where(_OPENING.c.month < oldest))

    @staticmethod
    def _row(connection: Connection, platform: str, feed: str) -> Any:
        names = ("digest", "validators", "failures", "claimed_until", "next_at")
        query = select(*(_COPY.c[name] for name in names))
        return connection.execute(query.where(_COPY.c.platform == platform, _COPY.c.feed == feed)).one_or_none()

    @staticmethod
    def _update(connector: AnyConnector, feed: Feed) -> Any:
        return update(FeedCopy).where(_COPY.c.platform == connector.name, _COPY.c.feed == feed.id)
