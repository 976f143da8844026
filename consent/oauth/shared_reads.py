"""Look-ups that share their trip to the database: those that come while one runs wait for the next, together.

Nothing is remembered: every answer was read after it was asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

K = TypeVar("K")
V = TypeVar("V")


class SharedReads(Generic[K, V]):
    """Looks keys up with `read`, which is called in a thread, never twice at once, with at most `most` keys."""

    def __init__(self, read: Callable[[Collection[K]], Mapping[K, V]], *, most: int = 100) -> None:
        self._read = read
        self._most = most
        self._waiting: list[tuple[K, asyncio.Future[V | None]]] = []
        self._reader: asyncio.Task[None] | None = None

    async def find(self, key: K) -> V | None:
        """Return what is found under `key`. Raises what `read` raises."""
        loop = asyncio.get_running_loop()
        if self._reader is not None and self._reader.get_loop() is not loop:
            self._waiting, self._reader = [], None
        answer: asyncio.Future[V | None] = loop.create_future()
        self._waiting.append((key, answer))
        if self._reader is None:
            self._reader = loop.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        batch: list[tuple[K, asyncio.Future[V | None]]] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._answer(batch)
        finally:
            self._reader = None
            # Only an end of the loop leaves anybody without an answer.
            for _, answer in (*batch, *self._waiting):
                answer.cancel()

    async def _answer(self, batch: list[tuple[K, asyncio.Future[V | None]]]) -> None:
        try:
            found = await run_in_threadpool(self._read, {key for key, _ in batch})
        except Exception as error:
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(error)
            return
        for key, answer in batch:
            if not answer.done():
                answer.set_result(found.get(key))
