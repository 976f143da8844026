"""Look-ups that share their trip to the database: those that come while one runs wait for the next, together.

Where the database can be read without waiting, there is no trip: they are read in the event loop, after a few turns.

Nothing is remembered: every answer was read after it was asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from consent.turns import after_turns

K = TypeVar("K")
V = TypeVar("V")


class SharedReads(Generic[K, V]):
    """Looks keys up with `read`, which is called in a thread of its own, with at most `most` keys at a time.

    `at_hand` is tried before, in the event loop: it returns None where it would have to wait.
    """

    def __init__(
        self,
        read: Callable[[Collection[K]], Mapping[K, V]],
        *,
        at_hand: Callable[[Collection[K]], Mapping[K, V] | None] | None = None,
        most: int = 100,
    ) -> None:
        self._read = read
        self._at_hand = at_hand
        self._most = most
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="consent-reads")
        self._waiting: list[tuple[K, asyncio.Future[V | None]]] = []
        self._reader: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def find(self, key: K) -> V | None:
        """Return what is found under `key`. Raises what `read` raises."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._waiting, self._reader, self._loop = [], None, loop
        answer: asyncio.Future[V | None] = loop.create_future()
        self._waiting.append((key, answer))
        if self._reader is None:
            if self._at_hand is None:
                self._reader = loop.create_task(self._run())
            elif len(self._waiting) == 1:
                after_turns(loop, lambda: self._waiting, self._read_at_hand)
        return await answer

    def _read_at_hand(self) -> None:
        """Answer all who wait, or leave it to the thread."""
        loop = asyncio.get_running_loop()
        while self._waiting and self._at_hand is not None:
            batch = self._waiting[: self._most]
            found = self._at_hand({key for key, _ in batch})
            if found is None:
                self._reader = loop.create_task(self._run())
                return
            self._waiting = self._waiting[self._most :]
            _answer_all(batch, found)

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
            keys = {key for key, _ in batch}
            found = await asyncio.get_running_loop().run_in_executor(self._thread, self._read, keys)
        except Exception as error:
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(error)
            return
        _answer_all(batch, found)


def _answer_all(batch: list[tuple[K, asyncio.Future[V | None]]], found: Mapping[K, V]) -> None:
    for key, answer in batch:
        if not answer.done():
            answer.set_result(found.get(key))
