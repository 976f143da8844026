"""The switch per platform: may it be read at all. Written in the transaction of whoever registers platforms.

After the commit of a closing, `Stops.drain(Scope("platform", name))` waits until nothing is read from it any more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select, update
from sqlmodel import col

from consent.columns import utc_now
from consent.models import PlatformGate
from consent.stops.order import lock_stops


class PlatformGates:
    """Opens and closes platforms. Satisfies the connector registration's `PlatformGate`."""

    def __init__(self, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock

    def open(self, session: Connection, *, platform: str) -> None:
        """Let the platform be read, as far as accounts and grants allow."""
        self._write(session, platform, is_open=True, reason=None)

    def close(self, session: Connection, *, platform: str, reason: str) -> None:
        """Let nobody read the platform from the commit on."""
        lock_stops(session)
        self._write(session, platform, is_open=False, reason=reason)

    def closed(self, engine: Engine) -> frozenset[str]:
        """Return the platforms that may not be read now."""
        with engine.execution_options(read_only=True).connect() as connection:
            rows = connection.execute(select(col(PlatformGate.platform)).where(~col(PlatformGate.open)))
            return frozenset(rows.scalars())

    def _write(self, session: Connection, platform: str, *, is_open: bool, reason: str | None) -> None:
        values = {"open": is_open, "reason": reason, "updated_at": self._clock()}
        done = session.execute(update(PlatformGate).where(col(PlatformGate.platform) == platform).values(**values))
        if not done.rowcount:
            session.execute(insert(PlatformGate).values(platform=platform, **values))
