"""Writes what this process has counted, every few seconds; what could not be written is counted the next time."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Executable, Table, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from connectors.observation.counting import Tally, Traffic
from connectors.observation.models import DRIFT, PROCESS, TRAFFIC, USE
from connectors.observation.roll import ProcessRoll
from connectors.runtime.health import Drift
from connectors.transport.breaker import BreakerState
from connectors.transport.upstream import UpstreamCounters

_log = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0
KEPT_TRAFFIC = timedelta(days=7)
KEPT_USES = timedelta(days=180)
FORGET_EVERY = timedelta(hours=1)

_SHOWN = ("endpoint", "code", "path", "message", "last_seen")


class Observed(Protocol):
    """A running connector."""

    @property
    def name(self) -> str:
        """The platform's name."""
        ...

    @property
    def counters(self) -> UpstreamCounters:
        """What its upstream has counted."""
        ...

    @property
    def breaker_state(self) -> BreakerState:
        """How its breaker stands."""
        ...

    def drift_lines(self) -> Sequence[Drift]:
        """Return where answers have drifted."""
        ...

    def take_uses(self) -> Mapping[str, int]:
        """Return how often each coordinate was asked for since the last call."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one look at all connectors brought."""

    traffic: Sequence[tuple[str, Traffic]]
    drift: Sequence[tuple[str, Drift, int]]
    uses: Sequence[tuple[str, Mapping[str, int]]]
    breakers: Mapping[str, BreakerState]
    generation: int


class Recorder:
    """Looks at the running connectors and adds to the rows. `generation` is what this process has loaded."""

    def __init__(
        self,
        engine: Engine,
        process_id: str,
        running: Callable[[], Sequence[Observed]],
        generation: Callable[[], int],
        roll: ProcessRoll,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._process_id = process_id
        self._running = running
        self._generation = generation
        self._roll = roll
        self._clock = clock
        self._tally = Tally()
        self._waiting: list[Observation] = []
        self._hurry = asyncio.Event()
        self._forgotten: datetime | None = None

    async def run(self) -> None:
        """Write every few seconds until cancelled, then a last time; the process's own row goes."""
        try:
            await self._leave_the_dead()
            while True:
                self._hurry.clear()
                await self.write()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._hurry.wait(), PAUSE_SECONDS)
        finally:
            await asyncio.shield(self._last())

    def hurry(self) -> None:
        """Write at once: others wait to hear what this process has loaded."""
        self._hurry.set()

    async def write(self) -> None:
        """Write what is new. A database that does not answer costs nothing but the delay."""
        self._waiting.append(self._look())
        try:
            await asyncio.to_thread(self._store, list(self._waiting))
        except SQLAlchemyError as error:
            _log.warning("connectors:observation:not-written", extra={"error": type(error).__name__})
            del self._waiting[:-100]
            return
        self._waiting.clear()

    async def _last(self) -> None:
        await self.write()
        try:
            await asyncio.to_thread(self._leave)
        except SQLAlchemyError as error:
            _log.warning("connectors:observation:not-written", extra={"error": type(error).__name__})

    def _look(self) -> Observation:
        running = self._running()
        traffic = [(each.name, self._tally.traffic(each.name, each.counters)) for each in running]
        return Observation(
            traffic=[(name, fresh) for name, fresh in traffic if fresh != Traffic()],
            drift=[
                (each.name, line, fresh)
                for each in running
                for line, fresh in self._tally.drift(each.name, each.drift_lines())
            ],
            uses=[(each.name, uses) for each in running if (uses := each.take_uses())],
            breakers={each.name: state for each in running if (state := each.breaker_state) != "closed"},
            generation=self._generation(),
        )

    def _store(self, observations: Sequence[Observation]) -> None:
        now = self._clock()
        minute, day = now.replace(second=0, microsecond=0), now.date().isoformat()
        traffic = [
            {"platform": platform, "minute": minute, **asdict(fresh)}
            for each in observations
            for platform, fresh in each.traffic
        ]
        drift = [
            {**_place(platform, line), "count": count, **_shown(line, now)}
            for each in observations
            for platform, line, count in each.drift
        ]
        uses = [
            {"platform": platform, "coordinate": coordinate, "day": day, "uses": count}
            for each in observations
            for platform, fresh in each.uses
            for coordinate, count in fresh.items()
        ]
        latest = observations[-1]
        process = {
            "id": self._process_id,
            "process": self._roll.here(),
            "generation": latest.generation,
            "breakers": dict(latest.breakers),
            "seen_at": now,
        }
        with self._engine.begin() as connection:
            _add(connection, TRAFFIC, ("platform", "minute"), traffic)
            _add(connection, DRIFT, ("platform", "place"), drift, replaced=_SHOWN)
            _add(connection, USE, ("platform", "coordinate", "day"), uses)
            _add(connection, PROCESS, ("id",), [process], replaced=("process", "generation", "breakers", "seen_at"))
            if self._forgotten is None or now - self._forgotten >= FORGET_EVERY:
                connection.execute(delete(TRAFFIC).where(TRAFFIC.c.minute < now - KEPT_TRAFFIC))
                connection.execute(delete(USE).where(USE.c.day < (now - KEPT_USES).date().isoformat()))
                self._forgotten = now

    async def _leave_the_dead(self) -> None:
        try:
            await asyncio.to_thread(self._bury)
        except SQLAlchemyError as error:
            _log.warning("connectors:observation:not-written", extra={"error": type(error).__name__})

    def _bury(self) -> None:
        """Take away the rows of processes that have ended without a word."""
        living = list(self._roll.living())
        with self._engine.begin() as connection:
            connection.execute(delete(PROCESS).where(PROCESS.c.process.not_in(living)))

    def _leave(self) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(PROCESS).where(PROCESS.c.id == self._process_id))


def _place(platform: str, line: Drift) -> dict[str, Any]:
    place = hashlib.sha256("\n".join((line.connect, line.code, line.path)).encode()).hexdigest()
    return {"platform": platform, "place": place}


def _shown(line: Drift, now: datetime) -> dict[str, Any]:
    return {
        "endpoint": line.connect[:200],
        "code": line.code,
        "path": line.path[:500],
        "message": line.message[:500],
        "first_seen": line.first_seen,
        "last_seen": now,
    }


def _add(
    connection: Connection,
    table: Table,
    key: tuple[str, ...],
    rows: Sequence[Mapping[str, Any]],
    *,
    replaced: tuple[str, ...] = (),
) -> None:
    """Add `rows` to those that have the same `key`: numbers are summed, what is `replaced` is set to the newest.

    A first-seen time stays what it was. One statement for all, since others wait for the database meanwhile.
    """
    if rows:
        connection.execute(_adding(connection.dialect.name, table, key, tuple(rows[0]), replaced), list(rows))


@cache
def _adding(
    dialect: str, table: Table, key: tuple[str, ...], columns: tuple[str, ...], replaced: tuple[str, ...]
) -> Executable:
    """Return the statement that adds rows of `columns`."""
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    changed = {
        name: statement.excluded[name] if name in replaced else table.c[name] + statement.excluded[name]
        for name in columns
        if name not in key and name != "first_seen"
    }
    return statement.on_conflict_do_update(index_elements=list(key), set_=changed)
