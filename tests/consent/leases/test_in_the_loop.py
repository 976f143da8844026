"""On SQLite, leases are settled in the event loop, which is never held up by what would have to wait."""

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.consent.conftest import World, about, asking

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
def other(world: World) -> Iterator[sqlite3.Connection]:
    """Another process's connection to the same file."""
    with closing(sqlite3.connect(str(world.engine.url.database), isolation_level=None)) as connection:
        yield connection


async def acquired(world: World) -> Any:
    (decision,) = await world.gate.acquire([about("u1", "engagements")], asking())
    return decision.permit


async def test_what_is_asked_together_is_one_transaction(world: World, driver: str) -> None:
    await acquired(world)
    before = world.leases.commits
    assert all(await asyncio.gather(*(acquired(world) for _ in range(50))))
    assert world.leases.commits == before + 1


async def test_while_another_process_writes_the_loop_goes_on_and_the_answer_comes_later(
    world: World, driver: str, other: sqlite3.Connection
) -> None:
    await acquired(world)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.ensure_future(acquired(world))
    loop = asyncio.get_running_loop()
    longest = 0.0
    for _ in range(50):
        start = loop.time()
        await asyncio.sleep(0.001)
        longest = max(longest, loop.time() - start)
    assert not waiting.done()
    assert longest < 1  # the lock is waited for fifteen seconds
    other.execute("COMMIT")
    assert await asyncio.wait_for(waiting, 5) is not None


async def test_what_is_decided_after_another_process_has_written_is_decided_by_what_it_wrote(
    world: World, driver: str, other: sqlite3.Connection
) -> None:
    assert await acquired(world) is not None
    other.execute("UPDATE subject_gate SET open = 0, reason = 'test'")
    assert await acquired(world) is None


async def test_a_stop_by_another_process_ends_what_is_open_while_nothing_is_asked(
    world: World, driver: str, other: sqlite3.Connection
) -> None:
    (decision,) = await world.gate.acquire([about("u1", "engagements")], asking())
    assert decision.permit is not None
    ended = asyncio.Event()
    decision.permit.on_end(ended.set)
    other.execute("UPDATE subject_gate SET open = 0, reason = 'test'")
    await asyncio.wait_for(ended.wait(), 5)


async def test_the_log_of_the_database_does_not_grow_with_the_number_of_transactions(world: World, driver: str) -> None:
    sizes = []
    for _ in range(4):
        for _ in range(70):
            permit = await acquired(world)
            await world.gate.release([permit], asking(), {permit: {"gig:engagements": 1}})
            await world.gate.acknowledge([permit], asking())
        sizes.append(os.stat(f"{world.engine.url.database}-wal").st_size)
    assert sizes[-1] <= sizes[0] * 1.5


async def test_what_waits_for_its_turn_when_leases_are_given_up_is_denied(world: World, driver: str) -> None:
    await acquired(world)
    waiting = asyncio.ensure_future(world.gate.acquire([about("u1", "engagements")], asking()))
    world.leases.close()
    (decision,) = await asyncio.wait_for(waiting, 5)
    assert decision.denied["gig:engagements"].extensions["reason"] == "UNDECIDED"


async def test_what_is_given_to_somebody_who_has_gone_away_is_closed_again(world: World, driver: str) -> None:
    gone = asyncio.ensure_future(acquired(world))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    for _ in range(200):
        if [event.reason for event in world.events()] == ["NOT_DELIVERED"]:
            break
        await asyncio.sleep(0.01)
    assert [event.reason for event in world.events()] == ["NOT_DELIVERED"]
    assert world.open_leases() == 0


async def test_what_the_database_could_not_be_told_it_is_told_as_soon_as_it_listens(
    world: World, driver: str, other: sqlite3.Connection
) -> None:
    permit = await acquired(world)
    other.execute("ALTER TABLE fetch_lease RENAME TO mislaid")
    await world.gate.acknowledge([permit], asking())
    other.execute("ALTER TABLE mislaid RENAME TO fetch_lease")
    for _ in range(100):
        if world.open_leases() == 0:
            break
        await asyncio.sleep(0.01)
    assert world.open_leases() == 0
