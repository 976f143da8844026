"""Whether the client still sends, waits and takes, and whether its time is over: then its request is ended.

While work is done for it, the request is cancelled, which reaches everything that runs for it: platform calls are
closed, permits are acknowledged. A client that does not take its answer is cut off: it could keep a revocation from
being confirmed for as long as it likes.

Most requests are done before it pays to watch them, so watching begins a moment late: one timer a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

from gateway.server.http_request import BODY_TOO_SLOW, GONE, Receive, Refused

UNWATCHED = 0.25
"""Seconds; what is done by then is not watched. Fifty large requests at once, on one core, are done by then."""

GRACE = 2.0
"""Seconds: what is late at the engine's own limit still answers in part; what does not do even that is given up."""

TOO_LONG = Refused(status=504, code="REQUEST_TIMEOUT", message="The request took too long and was given up.")

Phase = Literal["reading", "working", "sending", "unlimited"]


class Attendance:
    """Watches the request of the current task until `end`, in whichever phase it says that it is.

    `reading`: the body must come within `seconds`. `working`: the client must stay, and the work be done within
    `seconds` and `grace`; the body must have been read, so that `receive` has nothing left but the disconnection.
    `sending`: the client must take what is sent within `seconds`, or is cut off by `cut`.
    """

    __slots__ = (
        "_cut",
        "_grace",
        "_is_watching",
        "_phase",
        "_reason",
        "_receive",
        "_seconds",
        "_task",
        "_timer",
        "_waiter",
    )

    def __init__(
        self,
        receive: Receive,
        seconds: float | None,
        cut: Callable[[], None] | None = None,
        grace: float = GRACE,
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._receive = receive
        self._seconds = seconds
        self._cut = cut
        self._grace = grace
        self._phase: Phase = "unlimited"
        self._reason: Refused | None = None
        self._waiter: asyncio.Task[None] | None = None
        self._is_watching = False
        self._timer = task.get_loop().call_later(UNWATCHED, self._begin)

    def enter(self, phase: Phase) -> None:
        """Begin the next phase."""
        self._phase = phase
        if self._is_watching:
            self.end()
            self._watch()

    def end(self) -> None:
        """Watch no longer."""
        self._timer.cancel()
        if self._waiter is not None:
            self._waiter.cancel()
            self._waiter = None

    def given_up(self) -> Refused | None:
        """Tell, of a request that has just been cancelled, why it was; None when that came from elsewhere."""
        if self._reason is None or self._task.uncancel() > 0:
            return None
        return self._reason

    def _begin(self) -> None:
        self._is_watching = True
        self._watch()

    def _watch(self) -> None:
        loop = self._task.get_loop()
        is_working = self._phase == "working"
        if is_working:
            self._waiter = loop.create_task(self._wait())
        if self._seconds is not None and self._phase != "unlimited":
            self._timer = loop.call_later(self._seconds + (self._grace if is_working else 0.0), self._expire)

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._give_up(GONE)

    def _expire(self) -> None:
        match self._phase:
            case "reading":
                self._give_up(BODY_TOO_SLOW)
            case "working":
                self._give_up(TOO_LONG)
            case "sending" if self._cut is not None:
                self._cut()

    def _give_up(self, reason: Refused) -> None:
        if self._reason is None:
            self._reason = reason
            self._task.cancel()
