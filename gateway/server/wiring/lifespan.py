"""The start and the end: what runs beside the requests begins with the event loop and ends with it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette


def lifespan_of(
    *,
    start: Sequence[Callable[[], Awaitable[None]]],
    work: Sequence[Callable[[], Iterable[Coroutine[None, None, None]]]],
    close: Sequence[Callable[[], Awaitable[None]]],
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Return the lifespan: `start` in order, then `work` side by side; at the end work is cancelled, then `close`."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        for begin in start:
            await begin()
        _settle_interpreter()
        tasks = [asyncio.create_task(each) for part in work for each in part()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for end in close:
                await end()

    return lifespan


def _settle_interpreter() -> None:
    """What was made at the start lives to the end, and is not looked at again; `gigway serve` collects before it.

    What is new is looked through often and in small portions: all requests stand still meanwhile.
    A thread that reads a long document gives way after a millisecond, not five: requests need the interpreter often and
    for a short while.
    """
    if gc.isenabled():
        gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(5_000, 20, 50)
    sys.setswitchinterval(min(sys.getswitchinterval(), 0.001))
