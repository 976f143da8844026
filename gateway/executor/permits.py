"""Asks the gate, keeps what it permits, and makes sure that every permit is closed again.

Whatever happens to a request (failure, cancellation, a decision that arrives too late), each permit is acknowledged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from gateway.executor.disclosure import UNAVAILABLE, UNDECIDED
from gateway.executor.hooks import Denial, Gate, GateDecision, GateRequest
from gateway.subgraph import Permit

logger = logging.getLogger(__name__)

T = TypeVar("T")

_NOTHING = GateDecision()


class GateDesk:
    """One execution's dealings with the gate."""

    __slots__ = ("_acquiring", "_gate", "_permits", "_session")

    def __init__(self, gate: Gate | None, session: Any) -> None:
        self._gate = gate
        self._session = session
        self._permits: dict[int, Permit] = {}
        self._acquiring: set[asyncio.Task[Sequence[GateDecision]]] = set()

    @property
    def permits(self) -> tuple[Permit, ...]:
        """The permits that are open."""
        return tuple(self._permits.values())

    def hand_over(self) -> tuple[Permit, ...]:
        """Return the open permits; whoever has them now must acknowledge them."""
        permits = self.permits
        self._permits = {}
        return permits

    async def close(self) -> None:
        """Close what a failure or a cancellation has left open, decisions that are still on their way included."""
        if self._acquiring or self._permits:
            await asyncio.shield(self._close())

    async def _close(self) -> None:
        for task in list(self._acquiring):
            try:
                self._keep(await task)
            except Exception:
                logger.exception("gate failed")
        self._acquiring.clear()
        permits = self.hand_over()
        if permits and self._gate is not None:
            await self._gate.acknowledge(permits, self._session)

    async def acquire(self, requests: Sequence[GateRequest]) -> Sequence[GateDecision]:
        """Ask the gate about the requests that name a scope. Without a gate, or when it fails, all is denied."""
        asked = [request for request in requests if request.scopes]
        gate = self._gate
        if not asked:
            return [_NOTHING] * len(requests)
        decided: Sequence[GateDecision]
        if gate is None:
            decided = [_denied(request, UNDECIDED) for request in asked]
        else:
            decided = await self._ask(gate, asked)
        answers = iter(decided)
        return [next(answers) if request.scopes else _NOTHING for request in requests]

    async def _ask(self, gate: Gate, asked: Sequence[GateRequest]) -> Sequence[GateDecision]:
        async def ask() -> Sequence[GateDecision]:
            return await gate.acquire(asked, self._session)

        task = asyncio.create_task(ask())
        self._acquiring.add(task)
        try:
            decided = await asyncio.shield(task)
        except asyncio.CancelledError:
            raise  # `close` waits for the decision: it may have opened permits
        except Exception:
            logger.exception("gate failed")
            self._acquiring.discard(task)
            return [_denied(request, UNAVAILABLE) for request in asked]
        self._acquiring.discard(task)
        self._keep(decided)
        if len(decided) != len(asked):
            return [_denied(request, UNAVAILABLE) for request in asked]
        return decided

    def _keep(self, decisions: Sequence[GateDecision]) -> None:
        for decision in decisions:
            if decision.permit is not None:
                self._permits[id(decision.permit)] = decision.permit


def _denied(request: GateRequest, denial: Denial) -> GateDecision:
    return GateDecision(denied=dict.fromkeys(request.scopes, denial))


def has_ended(permit: Permit | None) -> bool:
    """Tell whether there is a permit that has ended."""
    return permit is not None and permit.ended


async def call_while_permitted(
    call: Callable[[], Coroutine[Any, Any, T]], permits: Sequence[Permit | None]
) -> T | None:
    """Make a call; None when all of its permits ended before it was answered. One without a permit is not stopped."""
    distinct = {id(permit): permit for permit in permits if permit is not None}
    if not distinct or any(permit is None for permit in permits):
        return await call()
    if all(permit.ended for permit in distinct.values()):
        return None
    task = asyncio.ensure_future(call())
    unsubscribe: list[Callable[[], None]] = []

    def on_end() -> None:
        if all(permit.ended for permit in distinct.values()):
            task.cancel()

    for permit in distinct.values():
        unsubscribe.append(permit.on_end(on_end))
    try:
        await asyncio.wait((task,))
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait((task,))
        raise
    finally:
        for each in unsubscribe:
            each()
    return None if task.cancelled() else task.result()
