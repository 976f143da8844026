"""The loop that a gateway process runs: feed the outbox, send what is due. Any number of processes may run it."""

from __future__ import annotations

import asyncio
import logging
from random import SystemRandom
from typing import assert_never

from sqlalchemy.exc import SQLAlchemyError

from consent.notices.outbox import Claimed, Outbox
from consent.notices.push import Failed, Push, Refused, Taken
from consent.signing import NoKeyError

_log = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0


class NoticeSender:
    """Sends what is in the outbox."""

    def __init__(self, outbox: Outbox, push: Push) -> None:
        self._outbox = outbox
        self._push = push

    async def run(self, interval: float = INTERVAL_SECONDS) -> None:
        """Feed and send until cancelled, with about `interval` seconds of rest when nothing is due.

        Processes that all fed at once would sign the same notices.
        """
        while True:
            try:
                idle = not await self.advance()
            except (NoKeyError, SQLAlchemyError) as error:
                _log.error("consent:notices:fail", extra={"error": type(error).__name__})
                idle = True
            await asyncio.sleep(interval * SystemRandom().uniform(0.75, 1.25) if idle else 0)

    async def advance(self) -> int:
        """Feed the outbox, send the first that are due, and return how many deliveries were tried."""
        await asyncio.to_thread(self._outbox.feed)
        claimed = await asyncio.to_thread(self._outbox.claim)
        await asyncio.gather(*map(self._send, claimed))
        return len(claimed)

    async def _send(self, notice: Claimed) -> None:
        match await self._push(notice.url, notice.token):
            case Taken():
                await asyncio.to_thread(self._outbox.done, notice)
            case Refused(code):
                _log.warning("consent:notice:refuse", extra={"client": notice.client_id, "code": code})
                await asyncio.to_thread(self._outbox.give_up, notice, code)
            case Failed(code):
                await asyncio.to_thread(self._outbox.put_off, notice, code)
            case other:
                assert_never(other)
