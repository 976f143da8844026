"""Reading a large pool into memory before its first ranking, in a thread of its own, so that nobody else waits for it.

    few changes ─► the ranking takes them over itself
    many ─► one thread reads on, batch after batch ─► whoever asks waits `PATIENCE`, then is told MATCHING_NOT_READY

Never is a pool ranked that is not in step: a ranking of half of it would be another one a moment later. One pool is
opened at a time, and however many ask, each is opened once. `graph:matching:open` in the log tells how far it is.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime

from graph.errors import NotReadyError
from graph.finding.pools import Pool

log = logging.getLogger("gigway.graph.finding")

FEW = 2_000
"""Changes that a ranking takes over itself: a fraction of a second."""
PATIENCE = 5.0
"""Seconds that a request waits for a pool."""
LOG_EVERY = 10_000
MOST = 10_000_000


class PoolOpener:
    """Opens pools in the background. `patience` is in seconds."""

    def __init__(self, clock: Callable[[], datetime], *, few: int = FEW, patience: float = PATIENCE) -> None:
        self._clock = clock
        self._few = few
        self._patience = patience
        self._slot = threading.Lock()
        self._lock = threading.Lock()
        self._opening: dict[Pool, Future[None]] = {}

    async def ready(self, pool: Pool) -> None:
        """Return when a pool can be ranked without delay. Raises `NotReadyError` when that takes too long."""
        if await asyncio.to_thread(pool.behind, most=self._few + 1) <= self._few:
            return
        opened = self.opened(pool)
        try:
            await asyncio.wait_for(asyncio.shield(opened), self._patience)
        except TimeoutError:
            opened.add_done_callback(lambda done: done.cancelled() or done.exception())  # the log has it
            left = await asyncio.to_thread(pool.behind, most=MOST)
            raise NotReadyError(len(pool), len(pool) + left) from None

    def opened(self, pool: Pool) -> asyncio.Future[None]:
        """Have a pool opened, unless that is being done already; the future is done when it is."""
        with self._lock:
            found = self._opening.get(pool)
            if found is None:
                found = self._opening[pool] = Future()
                threading.Thread(target=self._open, args=(pool, found), name="pool-opening", daemon=True).start()
        return asyncio.wrap_future(found)

    def _open(self, pool: Pool, told: Future[None]) -> None:
        failure: BaseException | None = None
        try:
            with self._slot:
                self._read(pool)
        except BaseException as error:
            log.error("graph:matching:fail", extra={"error": type(error).__name__})
            failure = error
        finally:
            with self._lock:
                del self._opening[pool]
        if failure is None:
            told.set_result(None)
        else:
            told.set_exception(failure)

    def _read(self, pool: Pool) -> None:
        behind = pool.behind(most=MOST)
        if not behind:
            return  # somebody else has opened it while this one was still asking
        started, known = time.monotonic(), len(pool)
        total, said = known + behind, known
        log.info("graph:matching:open", extra={"done": known, "total": total})
        while pool.read_on(self._clock()):
            if len(pool) - said >= LOG_EVERY:
                said = len(pool)
                log.info("graph:matching:open", extra={"done": said, "total": total})
        seconds = round(time.monotonic() - started, 1)
        log.info("graph:matching:opened", extra={"done": len(pool), "seconds": seconds})
