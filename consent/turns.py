"""Waiting for company: what is asked in an event loop is done together, once the loop has gone round without more.

Where the loop has little to do, a turn takes some microseconds; where it has much, more comes in each turn, and what is
done together is cheaper.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sized

TURNS = 8
"""How often the loop goes round at most."""


def after_turns(loop: asyncio.AbstractEventLoop, gathered: Callable[[], Sized], then: Callable[[], None]) -> None:
    """Call `then` in a turn in which no more has been gathered, or in the last one."""
    loop.call_soon(_turn, loop, gathered, then, len(gathered()), TURNS)


def _turn(
    loop: asyncio.AbstractEventLoop, gathered: Callable[[], Sized], then: Callable[[], None], known: int, left: int
) -> None:
    count = len(gathered())
    if count > known and left > 1:
        loop.call_soon(_turn, loop, gathered, then, count, left - 1)
    else:
        then()
