"""The world that all simulated platforms share: one seed, one clock, one inbox.

Every record is drawn from a generator that is named by its place (`world.random("uber", login, day)`), never
from one shared stream: what a persona did is the same whatever was asked for before.
Platforms with many small jobs name the place by date, so that a restart on another day keeps what lies behind;
platforms with few large ones count back from the start of the sandbox.
"""

import hashlib
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.sandbox.inbox import Inbox

__all__ = ["Clock", "World", "clock_from"]

Clock = Callable[[], datetime]
"""Tells the simulated moment, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Seed and time of one sandbox; `started` is where the personas' history ends, `inbox` what they get sent."""

    seed: int
    clock: Clock
    started: datetime
    inbox: Inbox = field(default_factory=Inbox)

    def random(self, *place: object) -> random.Random:
        """Return the generator that belongs to a place, always in the same state."""
        return random.Random("/".join(str(part) for part in (self.seed, *place)))  # noqa: S311

    def uuid(self, *place: object) -> str:
        """Return the UUID that belongs to a place."""
        name = "/".join(str(part) for part in (self.seed, *place))
        return str(uuid.UUID(bytes=hashlib.blake2b(name.encode(), digest_size=16).digest(), version=4))

    def days_ago(self, days: float) -> datetime:
        """Return the moment that lies this many days before the history's end."""
        return self.started - timedelta(days=days)


def clock_from(start: datetime | None) -> Clock:
    """Return a clock that runs with real time from `start`, or from the real time now."""
    origin = (start or datetime.now(UTC)).astimezone(UTC)
    zero = time.monotonic()
    return lambda: origin + timedelta(seconds=time.monotonic() - zero)
