"""What one event loop asks of the leases, gathered for a few of its turns, and its watch over what is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence

from consent.leases.permit import LeasePermit
from consent.leases.transactions import Work
from consent.turns import after_turns

LINGER_SECONDS = 0.001
"""How long what nobody waits for may wait for a transaction to share."""


class Gathering:
    """Belongs to one event loop, and is used in it alone.

    `settle` is given what has come together; `look` looks for stops, and tells whether there is more to watch.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        settle: Callable[[Sequence[Work]], None],
        look: Callable[[], bool],
        poll: float,
    ) -> None:
        self._loop = loop
        self._settle = settle
        self._look = look
        self._poll = poll
        self._asked: list[Work] = []
        self._closing: list[LeasePermit] = []
        self._closed: asyncio.Future[None] | None = None
        self._is_watching = False

    def add(self, work: Work) -> None:
        """Have `work` settled soon."""
        self._asked.append(work)
        if len(self._asked) == 1:
            after_turns(self._loop, lambda: self._asked, self._flush)

    def close(self, permits: Collection[LeasePermit]) -> asyncio.Future[None]:
        """Have `permits` closed with what else comes in the next moment; the future is that of all of these."""
        if self._closed is None:
            self._closed = self._loop.create_future()
            self._loop.call_later(LINGER_SECONDS, self._flush)
        self._closing += permits
        return self._closed

    def watch(self) -> None:
        """Look for stops now and then, for as long as there is something to watch."""
        if not self._is_watching:
            self._is_watching = True
            self._loop.call_later(self._poll, self._watch)

    def _flush(self) -> None:
        batch, self._asked = self._asked, []
        if self._closed is not None:
            batch.insert(0, Work(loop=self._loop, done=self._closed, closing=self._closing))
            self._closing, self._closed = [], None
        if batch:
            self._settle(batch)

    def _watch(self) -> None:
        if self._look():
            self._loop.call_later(self._poll, self._watch)
        else:
            self._is_watching = False
