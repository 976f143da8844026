"""Look-ups that share their trip to the database: those that come while one runs wait for the next, together.

Nothing is remembered: every answer was read after it was asked for.

One thread of its own reads, because handing every trip to a pool of threads costs more than the trip. It starts with
the first look-up and ends when there was none for a while, so that nobody has to close anything. What comes in one
turn of the event loop is handed to it at the turn's end, all at once.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

IDLE_SECONDS = 5.0
"""How long the thread waits for a look-up before it ends."""


@dataclass(slots=True)
class _Asked(Generic[K, V]):
    key: K
    answer: asyncio.Future[V | None]


class SharedReads(Generic[K, V]):
    """Looks keys up with `read`, which is called in a thread, never twice at once, with at most `most` keys."""

    def __init__(
        self, read: Callable[[Collection[K]], Mapping[K, V]], *, most: int = 100, idle: float = IDLE_SECONDS
    ) -> None:
        self._read = read
        self._most = most
        self._idle = idle
        self._asked: list[_Asked[K, V]] = []
        self._queue: queue.SimpleQueue[list[_Asked[K, V]]] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._is_running = False

    async def find(self, key: K) -> V | None:
        """Return what is found under `key`. Raises what `read` raises."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[V | None] = loop.create_future()
        if self._asked and self._asked[0].answer.get_loop() is not loop:
            self._asked = []  # of a loop that ended before it handed them over
        if not self._asked:
            loop.call_soon(self._hand_over)
        self._asked.append(_Asked(key, answer))
        return await answer

    def _hand_over(self) -> None:
        asked, self._asked = self._asked, []
        self._queue.put(asked)
        if not self._is_running:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, name="shared-reads", daemon=True).start()

    # -- everything below runs in the thread ------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            try:
                asked = self._queue.get(timeout=self._idle)
            except queue.Empty:
                if self._may_end():
                    return
                continue
            with suppress(queue.Empty):
                while len(asked) < self._most:
                    asked += self._queue.get_nowait()
            for start in range(0, len(asked), self._most):
                self._answer(asked[start : start + self._most])

    def _may_end(self) -> bool:
        """Tell that nobody is waiting: whoever comes from now on sees that there is no thread, and starts one."""
        with self._starting:
            self._is_running = False
            self._is_running = not self._queue.empty()
            return not self._is_running

    def _answer(self, batch: Sequence[_Asked[K, V]]) -> None:
        error: Exception | None = None
        found: Mapping[K, V] = {}
        try:
            found = self._read({each.key for each in batch})
        except Exception as failure:
            error = failure
        by_loop: dict[asyncio.AbstractEventLoop, list[_Asked[K, V]]] = {}
        for each in batch:
            by_loop.setdefault(each.answer.get_loop(), []).append(each)
        for loop, asked in by_loop.items():
            with suppress(RuntimeError):  # the loop is closed: nobody is waiting
                loop.call_soon_threadsafe(_tell, asked, found, error)


def _tell(asked: Sequence[_Asked[K, V]], found: Mapping[K, V], error: Exception | None) -> None:
    for each in asked:
        if each.answer.done():
            continue
        if error is None:
            each.answer.set_result(found.get(each.key))
        else:
            each.answer.set_exception(error)
