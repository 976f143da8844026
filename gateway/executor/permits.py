"""Asks the gate, keeps what it permits, and makes sure that every permit is closed again.

Whatever happens to a request (failure, cancellation, a decision that arrives too late), each permit is acknowledged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Container, Coroutine, Generator, Sequence
from typing import Any, Final, TypeVar

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
        self._permits: dict[Permit, int] = {}
        self._acquiring: dict[asyncio.Future[Sequence[GateDecision]], int] = {}

    def permits(self, fetches: Container[int] | None = None) -> tuple[Permit, ...]:
        """Return the open permits, those of some fetches only if they are given."""
        if fetches is None:
            return tuple(self._permits)
        return tuple(permit for permit, owner in self._permits.items() if owner in fetches)

    def hand_over(self, fetches: Container[int] | None = None) -> tuple[Permit, ...]:
        """Return open permits and forget them; whoever has them now must acknowledge them."""
        permits = self.permits(fetches)
        for permit in permits:
            del self._permits[permit]
        return permits

    async def close(self) -> None:
        """Close what a failure or a cancellation has left open, decisions that are still on their way included."""
        if self._acquiring or self._permits:
            await asyncio.shield(self._close())

    async def _close(self) -> None:
        for deciding, fetch in list(self._acquiring.items()):
            if deciding.cancelled():
                continue  # the gate closes what it would have permitted
            try:
                self._keep(await deciding, fetch)
            except Exception:
                logger.exception("gate failed")
        self._acquiring.clear()
        await close_permits(self._gate, self.hand_over(), self._session)

    async def acquire(self, requests: Sequence[GateRequest], fetch: int) -> Sequence[GateDecision]:
        """Ask the gate, for a fetch, about the requests that name a scope. No gate, or a failing one, denies all."""
        asked = [request for request in requests if request.scopes]
        gate = self._gate
        if not asked:
            return [_NOTHING] * len(requests)
        decided: Sequence[GateDecision]
        if gate is None:
            decided = [_denied(request, UNDECIDED) for request in asked]
        else:
            decided = await self._ask(gate, asked, fetch)
        if len(asked) == len(requests):
            return decided
        answers = iter(decided)
        return [next(answers) if request.scopes else _NOTHING for request in requests]

    async def _ask(self, gate: Gate, asked: Sequence[GateRequest], fetch: int) -> Sequence[GateDecision]:
        deciding: asyncio.Future[Sequence[GateDecision]] | None = None
        try:
            acquired = gate.acquire(asked, self._session)
            deciding = acquired if isinstance(acquired, asyncio.Future) else asyncio.ensure_future(acquired)
            self._acquiring[deciding] = fetch
            decided = await (deciding if deciding is acquired else asyncio.shield(deciding))
        except asyncio.CancelledError:
            raise  # `close` waits for the decision: it may have opened permits
        except Exception:
            logger.exception("gate failed")
            if deciding is not None:
                del self._acquiring[deciding]
            return [_denied(request, UNAVAILABLE) for request in asked]
        del self._acquiring[deciding]
        self._keep(decided, fetch)
        if len(decided) != len(asked):
            return [_denied(request, UNAVAILABLE) for request in asked]
        return decided

    def _keep(self, decisions: Sequence[GateDecision], fetch: int) -> None:
        for decision in decisions:
            if decision.permit is not None:
                self._permits[decision.permit] = fetch


class Closing:
    """Permits on their way to be closed. Who awaits it learns when they are; whoever does not need not."""

    __slots__ = ("_closing",)

    def __init__(self, closing: asyncio.Future[None] | None) -> None:
        self._closing = closing

    def __await__(self) -> Generator[Any, None, None]:
        if self._closing is not None:
            yield from asyncio.shield(self._closing).__await__()


CLOSED: Final = Closing(None)
_under_way: set[asyncio.Future[None]] = set()
"""The event loop itself keeps no task alive."""


def close_permits(gate: Gate | None, permits: Sequence[Permit], session: Any) -> Closing:
    """Have `permits` closed, whether anybody waits for it or not."""
    if gate is None or not permits:
        return CLOSED
    closing = asyncio.ensure_future(gate.acknowledge(permits, session))
    if isinstance(closing, asyncio.Task):
        _under_way.add(closing)
        closing.add_done_callback(_under_way.discard)
    return Closing(closing)


def _denied(request: GateRequest, denial: Denial) -> GateDecision:
    return GateDecision(denied=dict.fromkeys(request.scopes, denial))


def has_ended(permit: Permit | None) -> bool:
    """Tell whether there is a permit that has ended."""
    return permit is not None and permit.ended


async def call_while_permitted(
    call: Callable[[], Coroutine[Any, Any, T]], permits: Sequence[Permit | None]
) -> T | None:
    """Make a call; None when all of its permits ended before it was answered. One without a permit is not stopped."""
    held = [permit for permit in permits if permit is not None]
    if not held or len(held) < len(permits):
        return await call()
    task = asyncio.current_task()
    assert task is not None
    others = task.cancelling()
    watch = _Watch(task, held)
    if not watch.begin():
        return None
    try:
        return await call()
    except asyncio.CancelledError:
        if watch.has_given_up and task.cancelling() == others + 1:
            return None
        raise
    finally:
        watch.stop()
        if watch.has_given_up:
            task.uncancel()


class _Watch:
    """Cancels a task with the last of some permits. While one of them is open, the others need not be listened to."""

    __slots__ = ("_forget", "_left", "_task", "has_given_up")

    def __init__(self, task: asyncio.Task[Any], permits: Sequence[Permit]) -> None:
        self._task = task
        self._left = iter(permits)
        self._forget: Callable[[], None] | None = None
        self.has_given_up = False

    def begin(self) -> bool:
        """Listen to the next permit that has not ended; false when there is none."""
        for permit in self._left:
            if not permit.ended:
                self._forget = permit.on_end(self._on_end)
                return True
        return False

    def stop(self) -> None:
        """Listen no more."""
        forget, self._forget = self._forget, None
        if forget is not None:
            forget()

    def _on_end(self) -> None:
        self.stop()
        if not self.begin():
            self.has_given_up = True
            self._task.cancel()
