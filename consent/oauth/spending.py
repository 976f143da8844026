"""What an actor may spend in a minute, counted by all processes together.

One number per actor says until when its budget is spent (a generic cell rate algorithm): spending moves it forward by
the time in which as much comes back, and it may be at most a minute ahead of now. One conditional update decides, so
that processes need not talk to each other. They reserve in portions, not per query (`gateway/server/budgets.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, case, select, update
from sqlalchemy.dialects import postgresql, sqlite

from consent.columns import utc_now
from consent.oauth.models import SPENDING

MINUTE: Final = 60.0
ROUNDING: Final = 0.001
"""Seconds by which sums of times may be off."""

_FROM = case((SPENDING.c.spent_until > bindparam("now"), SPENDING.c.spent_until), else_=bindparam("now"))
_SPEND = (
    update(SPENDING)
    .where(SPENDING.c.asker == bindparam("who"), _FROM + bindparam("seconds") <= bindparam("horizon"))
    .values(spent_until=_FROM + bindparam("seconds"))
    .returning(SPENDING.c.spent_until)
)
_OWE = update(SPENDING).where(SPENDING.c.asker == bindparam("who")).values(spent_until=_FROM + bindparam("seconds"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """A part of the budget that is the caller's to spend. `left` is what the whole budget has left beside it."""

    amount: float
    left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentUp:
    """Nothing is left: `seconds` until as much as was asked for will have come back."""

    seconds: float


class Spendings:
    """Reserves from budgets. Synchronous; every method is one transaction."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def reserve(self, asker: str, *, least: float, most: float, per_minute: float) -> Reserved | SpentUp:
        """Reserve `most` of the budget of `asker`, or if that is not left `least`, which is at most `per_minute`."""
        now = self._clock().timestamp()
        with self._engine.begin() as connection:
            _ensure(connection, asker, now)
            for amount in (most, least):
                until = connection.execute(
                    _SPEND,
                    {
                        "who": asker,
                        "now": now,
                        "seconds": amount * MINUTE / per_minute,
                        "horizon": now + MINUTE + ROUNDING,
                    },
                ).scalar_one_or_none()
                if until is not None:
                    left = max(now + MINUTE - until, 0.0) * per_minute / MINUTE
                    return Reserved(amount=amount, left=round(left, 3))
            until = connection.execute(select(SPENDING.c.spent_until).where(SPENDING.c.asker == asker)).scalar_one()
        return SpentUp(seconds=max(round(until + least * MINUTE / per_minute - now - MINUTE, 3), 0.0))

    def owe(self, asker: str, amount: float, *, per_minute: float) -> None:
        """Take `amount` even if it is not left: nothing more is reserved until it has come back."""
        now = self._clock().timestamp()
        with self._engine.begin() as connection:
            _ensure(connection, asker, now)
            connection.execute(_OWE, {"who": asker, "now": now, "seconds": amount * MINUTE / per_minute})


def _ensure(connection: Connection, asker: str, now: float) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(SPENDING).values(asker=asker, spent_until=now).on_conflict_do_nothing())
