"""A call is given up with the last of its permits, and then only: a cancellation from outside stays one."""

import asyncio
from collections.abc import Callable

import pytest

from gateway.executor.permits import call_while_permitted

pytestmark = pytest.mark.anyio


class Ending:
    """A permit that a test ends."""

    def __init__(self) -> None:
        self.ended = False
        self.heard: dict[object, Callable[[], None]] = {}

    def on_end(self, callback: Callable[[], None]) -> Callable[[], None]:
        key = object()
        self.heard[key] = callback
        return lambda: self.heard.pop(key, None) and None

    def end(self) -> None:
        self.ended = True
        for callback in list(self.heard.values()):
            callback()


async def never() -> str:
    await asyncio.Event().wait()
    return "done"


async def test_the_call_is_given_up_with_its_last_permit_and_the_task_goes_on() -> None:
    first, second = Ending(), Ending()
    running = asyncio.create_task(call_while_permitted(never, [first, second]))

    async def after() -> tuple[object, int]:
        found = await call_while_permitted(never, [first, second])
        await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task is not None
        return found, task.cancelling()

    going_on = asyncio.create_task(after())
    await asyncio.sleep(0)
    first.end()
    await asyncio.sleep(0)
    assert not running.done()
    second.end()
    assert await running is None
    assert await going_on == (None, 0)
    assert not first.heard
    assert not second.heard


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
async def test_it_does_not_matter_in_which_order_permits_end(order: tuple[int, ...]) -> None:
    permits = [Ending() for _ in order]
    running = asyncio.create_task(call_while_permitted(never, permits))
    await asyncio.sleep(0)
    for ending in order:
        assert not running.done()
        permits[ending].end()
        await asyncio.sleep(0)
    assert await running is None
    assert not any(permit.heard for permit in permits)


async def test_an_answer_that_came_with_the_end_is_not_taken() -> None:
    permit = Ending()
    answered = asyncio.get_running_loop().create_future()

    async def call() -> str:
        await answered
        return "done"

    running = asyncio.create_task(call_while_permitted(call, [permit]))
    await asyncio.sleep(0)
    answered.set_result(None)
    permit.end()
    assert await running is None


async def test_a_cancellation_from_outside_stays_one() -> None:
    permit = Ending()
    running = asyncio.create_task(call_while_permitted(never, [permit]))
    await asyncio.sleep(0)
    running.cancel()
    permit.end()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not permit.heard


@pytest.mark.parametrize("others", [[], [None]])
async def test_a_call_that_needs_no_permit_is_made_whatever_ends(others: list[None]) -> None:
    permit = Ending()
    permit.end()

    async def call() -> str:
        return "done"

    assert await call_while_permitted(call, [*others, *([permit] if others else [])]) == "done"
    assert await call_while_permitted(call, [permit]) is None
