"""Whether the client is still there, and whether its time is over: then the work for it is cancelled.

Cancelling reaches everything that runs for the request: platform calls are closed, permits are acknowledged.
Most requests are done before it pays to watch them, so watching begins a moment late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from gateway.server.http_request import GONE, Receive, Refused

T = TypeVar("T")

UNWATCHED = 0.1
"""Seconds; what is done by then is not watched."""

TOO_LONG = Refused(status=504, code="REQUEST_TIMEOUT", message="The request took too long and was given up.")


class _Watch:
    """Watches one request from `start` to `stop`; cancels its task, having noted why."""

    __slots__ = ("_receive", "_seconds", "_task", "_timer", "_waiter", "reason")

    def __init__(self, task: asyncio.Task[object], receive: Receive, seconds: float | None) -> None:
        self._task = task
        self._receive = receive
        self._seconds = seconds
        self._waiter: asyncio.Task[None] | None = None
        self.reason: Refused | None = None
        self._timer = task.get_loop().call_later(UNWATCHED, self._start)

    def _start(self) -> None:
        loop = self._task.get_loop()
        self._waiter = loop.create_task(self._wait())
        if self._seconds is not None:
            self._timer = loop.call_later(self._seconds, self._give_up, TOO_LONG)

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._give_up(GONE)

    def _give_up(self, reason: Refused) -> None:
        if self.reason is None:
            self.reason = reason
            self._task.cancel()

    def stop(self) -> None:
        self._timer.cancel()
        if self._waiter is not None:
            self._waiter.cancel()


async def while_attended(work: Awaitable[T], receive: Receive, seconds: float | None) -> T | Refused:
    """Await `work`; when the client goes away or `seconds` are over, cancel it and return the refusal.

    The request's body must have been read: `receive` has nothing left but the disconnection.
    """
    task = asyncio.current_task()
    assert task is not None
    watch = _Watch(task, receive, seconds)
    try:
        return await work
    except asyncio.CancelledError:
        if watch.reason is None:
            raise
        task.uncancel()
        return watch.reason
    finally:
        watch.stop()
