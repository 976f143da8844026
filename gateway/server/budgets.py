"""What each asker may spend: the largest cost of one query, and the cost of a minute.

Actors have limits of their own or those of the settings; all who ask without a token share one minute. Workers who read
their own data are bound by the size of a query only. The work of reading and planning new documents is taken from the
same minute, a worker's from one that this process alone counts.

The minute is shared by all processes through the database, which is asked for a portion at a time: a twentieth of the
minute, of which queries are paid for in memory. So the limit holds however many processes there are, and the price is
that each may sit on a portion that another could have used, for a minute at most.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from consent.oauth.spending import Spendings, SpentUp
from gateway.engine.budget import number, too_costly
from gateway.executor.hooks import Denial
from gateway.server.http_request import COST_RATE_EXCEEDED
from gateway.server.session import RequestSession

logger = logging.getLogger(__name__)

PORTIONS = 20
LIFETIME = 60.0
"""Seconds after which a portion is worthless: by then the minute that it was taken from is over."""
MAX_POTS = 10_000
ANONYMOUS = "anonymous"


class _Pot:
    """What this process holds of one asker's minute."""

    __slots__ = ("held", "left", "lock", "until")

    def __init__(self) -> None:
        self.held = 0.0
        self.left = 0.0
        self.until = 0.0
        self.lock = asyncio.Lock()


class ActorBudgets:
    """The engine's budget (`gateway.engine.Budget`). `clock` is monotonic, in seconds."""

    def __init__(
        self, spendings: Spendings, *, max_cost: int, cost_per_minute: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._spendings = spendings
        self._max_cost = max_cost
        self._per_minute = cost_per_minute
        self._clock = clock
        self._pots: dict[str, _Pot] = {}

    async def charge(self, cost: float, session: RequestSession) -> Denial | None:
        """Pay for one operation; the database is asked only when what this process holds does not suffice."""
        limit, per_minute = self._limits(session)
        if cost > limit:
            return too_costly(cost, limit)
        asker = _asker(session)
        if not per_minute or not cost or asker is None:
            return None
        if cost > per_minute:
            return too_costly(cost, per_minute)
        return await self._pay(asker, cost, per_minute)

    async def charge_work(self, work: float, session: RequestSession) -> Denial | None:
        """Refuse the work of who has spent, or owes, more than has come back."""
        asker = _asker(session)
        _, per_minute = self._limits(session)
        if not per_minute or not work:
            return None
        work = min(work, per_minute)
        if asker is not None:
            return await self._pay(asker, work, per_minute)
        pot = self._workers_pot(session, per_minute)
        if pot.held < work:
            return _spent_up(work, per_minute, pot.until - self._clock())
        pot.held -= work
        return None

    async def owe_work(self, work: float, session: RequestSession) -> None:
        """Take the work from what this process holds, and the rest from what will come back."""
        asker = _asker(session)
        _, per_minute = self._limits(session)
        if not per_minute:
            return
        work = min(work, per_minute)
        if asker is None:
            self._workers_pot(session, per_minute).held -= work
            return
        pot = self._pots.get(asker) or self._new_pot(asker)
        async with pot.lock:
            held = pot.held if self._clock() < pot.until else 0.0
            pot.held = max(held - work, 0.0)
            if work > held:
                try:
                    await asyncio.to_thread(self._spendings.owe, asker, work - held, per_minute=per_minute)
                except SQLAlchemyError:
                    logger.warning("work not charged", exc_info=True)

    def _workers_pot(self, session: RequestSession, per_minute: float) -> _Pot:
        """Return a worker's minute; no row is kept of what a worker spends."""
        asker = f"worker:{session.worker_id}"
        pot = self._pots.get(asker) or self._new_pot(asker)
        now = self._clock()
        if now >= pot.until:
            pot.held, pot.until = min(pot.held + per_minute, per_minute), now + LIFETIME
        return pot

    async def _pay(self, asker: str, cost: float, per_minute: float) -> Denial | None:
        pot = self._pots.get(asker)
        if pot is None:
            pot = self._new_pot(asker)
        if pot.held < cost or self._clock() >= pot.until:
            return await self._refill(asker, pot, cost, per_minute)
        pot.held -= cost
        return None

    def report(self, cost: float, session: RequestSession) -> Mapping[str, Any]:
        """Return the cost, the limits, and about how much of the minute is left."""
        limit, per_minute = self._limits(session)
        report: dict[str, Any] = {"cost": number(cost), "limit": limit}
        asker = _asker(session)
        if per_minute and asker is not None:
            pot = self._pots.get(asker)
            report["perMinute"] = per_minute
            report["remaining"] = per_minute if pot is None else int(pot.left + pot.held)
        return report

    def _limits(self, session: RequestSession) -> tuple[int, int]:
        limit, per_minute = session.max_cost, session.cost_per_minute
        return (
            self._max_cost if limit is None else limit,
            self._per_minute if per_minute is None else per_minute,
        )

    async def _refill(self, asker: str, pot: _Pot, cost: float, per_minute: float) -> Denial | None:
        async with pot.lock:
            now = self._clock()
            if now >= pot.until:
                pot.held = 0.0
            if pot.held < cost:
                least = cost - pot.held
                try:
                    found = await asyncio.to_thread(
                        self._spendings.reserve,
                        asker,
                        least=least,
                        most=max(least, per_minute / PORTIONS),
                        per_minute=per_minute,
                    )
                except SQLAlchemyError:
                    return Denial(code="COST_UNDECIDED", message="Whether this may be spent cannot be found out now.")
                if isinstance(found, SpentUp):
                    pot.left = 0.0
                    return _spent_up(cost, per_minute, found.seconds)
                pot.held += found.amount
                pot.left = found.left
                pot.until = now + LIFETIME
            pot.held -= cost
        return None

    def _new_pot(self, asker: str) -> _Pot:
        if len(self._pots) >= MAX_POTS:
            now = self._clock()
            self._pots = {name: pot for name, pot in self._pots.items() if pot.until > now or pot.lock.locked()}
        pot = self._pots[asker] = _Pot()
        return pot


def _asker(session: RequestSession) -> str | None:
    match session.kind:
        case "worker":
            return None
        case "anonymous":
            return ANONYMOUS
        case _:
            return session.actor_id or session.client_id


def _spent_up(cost: float, per_minute: float, seconds: float) -> Denial:
    wait = max(1, -int(-seconds // 1))
    return Denial(
        code=COST_RATE_EXCEEDED,
        message=f"The queries of the last minute have cost what they may; try again in {wait} s.",
        extensions={"cost": number(cost), "perMinute": number(per_minute), "retryAfter": wait},
    )
