"""How many texts one process checks at a time: a check composes a whole supergraph, seconds of a processor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class CheckSlots:
    """Runs blocking work in threads, `most` at a time."""

    def __init__(self, *, most: int = 1, wait: float = 5.0) -> None:
        """Work that finds no slot within `wait` seconds is not done."""
        self._slots = asyncio.Semaphore(most)
        self._wait = wait

    async def run(self, work: Callable[[], T]) -> T | None:
        """Return what `work` returns, or None where it was not begun."""
        try:
            async with asyncio.timeout(self._wait):
                await self._slots.acquire()
        except TimeoutError:
            return None
        task = asyncio.create_task(asyncio.to_thread(work))
        # A thread cannot be stopped: it keeps its slot also when nobody waits for it any more.
        task.add_done_callback(lambda _: self._slots.release())
        return await asyncio.shield(task)
