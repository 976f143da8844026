"""Checks are costly: one process makes few at a time, and says when it makes no more."""

import asyncio
import threading

from connectors.registration.check_slots import CheckSlots


def test_work_beyond_the_slots_is_not_begun():
    go_on, begun, runs = threading.Event(), threading.Event(), []

    def work():
        runs.append(1)
        begun.set()
        go_on.wait()
        return "done"

    async def story():
        slots = CheckSlots(most=1, wait=0.01)
        first = asyncio.create_task(slots.run(work))
        await asyncio.to_thread(begun.wait)
        refused = await slots.run(work)
        go_on.set()
        return refused, await first, await slots.run(work)

    assert asyncio.run(story()) == (None, "done", "done")
    assert len(runs) == 2


def test_work_that_nobody_waits_for_keeps_its_slot_until_it_ends():
    go_on, begun = threading.Event(), threading.Event()

    def work():
        begun.set()
        go_on.wait()
        return "done"

    async def story():
        slots = CheckSlots(most=1, wait=0.01)
        left = asyncio.create_task(slots.run(work))
        await asyncio.to_thread(begun.wait)
        left.cancel()
        while_running = await slots.run(work)
        go_on.set()
        while (after := await slots.run(lambda: "next")) is None:
            pass
        return while_running, after

    assert asyncio.run(story()) == (None, "next")


def test_work_that_fails_frees_its_slot():
    async def story():
        slots = CheckSlots(most=1, wait=0.01)
        try:
            await slots.run(lambda: 1 / 0)
        except ZeroDivisionError:
            return await slots.run(lambda: "next")

    assert asyncio.run(story()) == "next"
