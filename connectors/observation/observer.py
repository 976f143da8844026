"""What the rows say: health of a platform, drift, uses of fields, and which processes have loaded what.

All functions block; call them in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select

from connectors.observation.models import DRIFT, PROCESS, TRAFFIC, USE
from connectors.observation.recorder import PAUSE_SECONDS
from connectors.observation.roll import ProcessRoll

ALIVE = timedelta(seconds=6 * PAUSE_SECONDS)
"""The breakers of a process that has not written for so long count no more."""
USED_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformHealth:
    """How a platform has answered since `since`, over all processes. Rates are shares of requests, 0 to 1.

    `breaker` is the worst state in any process: `open`, `half_open`, `closed`.
    """

    platform: str
    since: datetime
    requests: int
    answered: int
    failed: int
    throttled: int
    retried: int
    slow: int
    mean_seconds: float | None
    breaker: str
    drifts: int

    @property
    def error_rate(self) -> float | None:
        """The share of requests that failed."""
        return round(self.failed / self.requests, 4) if self.requests else None

    @property
    def throttle_rate(self) -> float | None:
        """The share of requests that met a rate limit."""
        return round(self.throttled / self.requests, 4) if self.requests else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedDrift:
    """A place where answers do not fit, since when and until when it was seen."""

    endpoint: str
    code: str
    path: str
    message: str
    count: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How often operations asked for something in the last 30 days, and on which day last (`YYYY-MM-DD`)."""

    uses: int = 0
    last: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """How far a generation has come: how many of the processes that answer have loaded it, and which have not."""

    loaded: int
    processes: int
    missing: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every live process has loaded it: from then on it is live."""
        return not self.missing


class Observer:
    """Reads the rows."""

    def __init__(self, engine: Engine, roll: ProcessRoll, *, clock: Callable[[], datetime]) -> None:
        self._roll = roll
        self._reader = engine.execution_options(read_only=True)
        self._clock = clock

    def health(self, platform: str, *, window: timedelta = timedelta(hours=1)) -> PlatformHealth:
        """Return how a platform has answered in the last `window`."""
        now = self._clock()
        since = now - window
        columns = TRAFFIC.c
        names = ("requests", "answered", "failed", "throttled", "retried", "slow", "seconds")
        query = select(*(func.coalesce(func.sum(columns[name]), 0).label(name) for name in names)).where(
            columns.platform == platform, columns.minute >= since
        )
        drifts = select(func.count()).where(DRIFT.c.platform == platform, DRIFT.c.last_seen >= since)
        alive = select(PROCESS.c.breakers).where(PROCESS.c.seen_at >= now - ALIVE)
        with self._reader.connect() as connection:
            sums = connection.execute(query).one()
            states = {breakers.get(platform) for breakers in connection.execute(alive).scalars()}
            drift_count = connection.execute(drifts).scalar_one()
        return PlatformHealth(
            platform=platform,
            since=since,
            **{name: int(getattr(sums, name)) for name in names[:-1]},
            mean_seconds=round(float(sums.seconds) / int(sums.answered), 4) if sums.answered else None,
            breaker=next((state for state in ("open", "half_open") if state in states), "closed"),
            drifts=drift_count,
        )

    def drift(self, platform: str, *, window: timedelta = timedelta(days=7)) -> list[PlacedDrift]:
        """Return where answers did not fit in the last `window`, the most frequent first."""
        columns = [DRIFT.c[name] for name in PlacedDrift.__dataclass_fields__]
        query = (
            select(*columns)
            .where(DRIFT.c.platform == platform, DRIFT.c.last_seen >= self._clock() - window)
            .order_by(DRIFT.c.count.desc(), DRIFT.c.path)
        )
        with self._reader.connect() as connection:
            return [PlacedDrift(**row._asdict()) for row in connection.execute(query)]

    def use_of(self, platform: str, coordinates: Sequence[str]) -> Use:
        """Return how often any of these was asked for: `Type.field`, or `Type` for all its fields."""
        first = (self._clock() - timedelta(days=USED_DAYS)).date().isoformat()
        query = (
            select(USE.c.coordinate, func.sum(USE.c.uses), func.max(USE.c.day))
            .where(USE.c.platform == platform, USE.c.day >= first)
            .group_by(USE.c.coordinate)
        )
        with self._reader.connect() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
        wanted = set(coordinates)
        found = [(int(uses), day) for name, uses, day in rows if name in wanted or name.split(".")[0] in wanted]
        return Use(uses=sum(uses for uses, _ in found), last=max((day for _, day in found), default=None))

    def processes(self) -> int:
        """Return how many processes answer now."""
        return self.loading(0).processes

    def loading(self, generation: int) -> Loading:
        """Return how far a generation has come. A process that is silent counts until it is proven dead."""
        living = self._roll.living()
        with self._reader.connect() as connection:
            rows = connection.execute(select(PROCESS.c.process, PROCESS.c.generation)).all()
        loaded = {number: each for number, each in rows if number in living}
        missing = sorted(living[number] for number, each in loaded.items() if each < generation)
        return Loading(loaded=len(loaded) - len(missing), processes=len(loaded), missing=tuple(missing))
