"""Look-ups that share their trips to the database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection

import pytest

from consent.oauth.shared_reads import SharedReads


class Source:
    """Squares of numbers below ten. Reading waits until it is told to go on."""

    def __init__(self) -> None:
        self.reads: list[set[int]] = []
        self.began = threading.Event()
        self.goes_on = threading.Event()

    def read(self, keys: Collection[int]) -> dict[int, int]:
        self.reads.append(set(keys))
        self.began.set()
        self.goes_on.wait(5)
        if 99 in keys:
            raise OSError("the source is broken")
        return {key: key * key for key in keys if key < 10}


def test_what_comes_while_a_read_runs_shares_the_next_and_is_read_after_it_was_asked() -> None:
    async def run() -> None:
        source = Source()
        reads = SharedReads(source.read)
        first = asyncio.ensure_future(reads.find(1))
        await asyncio.to_thread(source.began.wait, 5)
        others = [asyncio.ensure_future(reads.find(key)) for key in (1, 2, 2, 30)]
        await asyncio.sleep(0)
        source.goes_on.set()
        assert await asyncio.gather(first, *others) == [1, 1, 4, 4, None]
        assert source.reads == [{1}, {1, 2, 30}]

    asyncio.run(run())


def test_a_batch_is_bounded() -> None:
    async def run() -> None:
        source = Source()
        source.goes_on.set()
        reads = SharedReads(source.read, most=2)
        assert await asyncio.gather(*(reads.find(key) for key in range(5))) == [0, 1, 4, 9, 16]
        assert [len(each) for each in source.reads] == [2, 2, 1]

    asyncio.run(run())


def test_who_gives_up_does_not_disturb_the_others() -> None:
    async def run() -> None:
        source = Source()
        reads = SharedReads(source.read)
        gone, stays = (asyncio.ensure_future(reads.find(key)) for key in (1, 2))
        await asyncio.to_thread(source.began.wait, 5)
        gone.cancel()
        source.goes_on.set()
        assert await stays == 4

    asyncio.run(run())


def test_a_failure_is_everybodys_and_the_next_read_is_tried() -> None:
    async def run() -> None:
        source = Source()
        source.goes_on.set()
        reads = SharedReads(source.read)
        assert [str(each) for each in await asyncio.gather(reads.find(99), reads.find(1), return_exceptions=True)] == [
            "the source is broken"
        ] * 2
        assert await reads.find(3) == 9

    asyncio.run(run())


@pytest.mark.parametrize("_", range(2))
def test_it_may_be_used_in_one_loop_after_another(_: int) -> None:
    source = Source()
    source.goes_on.set()
    reads = SharedReads(source.read)
    assert [asyncio.run(reads.find(key)) for key in (2, 3)] == [4, 9]


def test_what_is_at_hand_is_read_in_the_loop_together_and_the_rest_in_a_thread() -> None:
    async def run() -> None:
        source = Source()
        source.goes_on.set()
        here: list[set[int]] = []

        def at_hand(keys: Collection[int]) -> dict[int, int] | None:
            here.append(set(keys))
            return None if 5 in keys else {key: -key for key in keys}

        reads = SharedReads(source.read, at_hand=at_hand)
        assert await asyncio.gather(*(reads.find(key) for key in (1, 2, 3))) == [-1, -2, -3]
        assert here == [{1, 2, 3}]
        assert source.reads == []
        assert await asyncio.gather(reads.find(4), reads.find(5)) == [16, 25]
        assert source.reads == [{4, 5}]
        assert await reads.find(6) == -6

    asyncio.run(run())


def test_who_waited_in_a_loop_that_is_gone_does_not_hold_up_the_next() -> None:
    reads: SharedReads[int, int] = SharedReads(lambda keys: {}, at_hand=lambda keys: {key: key for key in keys})

    async def leave() -> None:
        reads.find(1).send(None)  # asked, and the loop ends before it goes round

    asyncio.run(leave())
    assert asyncio.run(asyncio.wait_for(reads.find(2), 5)) == 2
