"""Where long documents are parsed and validated, operations planned, and large answers shaped: beside the event loop.

That can take tenths of a second. In a thread it shares the interpreter with everybody's requests instead of keeping
them waiting. There is one thread for each kind of work, so that much of one kind holds up its like only: documents of
ordinary length, long ones, plans, and answers. Short documents are read at once. What all plans of a supergraph share
is found out in the planning thread alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

SHORT = 500
"""Characters up to which a document is read at once: that takes a few milliseconds at most."""
LONG = 5_000
"""Characters from which a document waits with the long ones."""


class Do(Protocol):
    """How work is done: at once, or in a thread."""

    async def __call__(self, work: Callable[[], T], settle: Callable[[], Awaitable[None]]) -> T:
        """Do the `work`, then `settle` what it took. Both come to their end, even if nobody waits for them any more."""
        ...


class Aside:
    """The threads of one engine; they are started when they are first needed."""

    def __init__(self) -> None:
        self._ordinary = _Lane()
        self._long = _Lane()
        self._plans = _Lane()
        self._answers = _Lane()

    async def plan(self, work: Callable[[], T], settle: Callable[[], Awaitable[None]]) -> T:
        """Plan an operation, then `settle` what it took; both happen even if nobody waits any more."""
        return await self._plans.do(work, settle)

    async def shape(self, work: Callable[[], T]) -> T:
        """Shape a large answer."""
        return await self._answers.run(work)

    @asynccontextmanager
    async def turn(self, length: int) -> AsyncIterator[Do]:
        """Wait for the turn of a document of this length."""
        if length < SHORT:
            yield _at_once
            return
        lane = self._ordinary if length < LONG else self._long
        async with lane.turn():
            yield lane.do


class _Lane:
    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn = asyncio.Lock()
        self._under_way: set[asyncio.Task[Any]] = set()
        self._thread: ThreadPoolExecutor | None = None

    def turn(self) -> asyncio.Lock:
        """Return what is held by the one whose turn it is. An engine may outlive an event loop; a lock may not."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._turn = loop, asyncio.Lock()
        return self._turn

    async def do(self, work: Callable[[], T], settle: Callable[[], Awaitable[None]]) -> T:
        task = asyncio.create_task(self._in_thread(work, settle))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _in_thread(self, work: Callable[[], T], settle: Callable[[], Awaitable[None]]) -> T:
        try:
            return await self.run(work)
        finally:
            await settle()

    async def run(self, work: Callable[[], T]) -> T:
        """Do work when what came before it is done."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="engine")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


async def _at_once(work: Callable[[], T], settle: Callable[[], Awaitable[None]]) -> T:
    try:
        return work()
    finally:
        await settle()
