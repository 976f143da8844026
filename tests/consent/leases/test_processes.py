"""Attack 70: notices cross between processes, a dead one is proven dead, a paused one is waited for."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import Session

from consent.models import GatewayProcess
from tests.consent.conftest import World

pytestmark = pytest.mark.anyio


@pytest.fixture
def driver(world: World) -> str:
    world.clock.now = datetime.now(UTC)
    world.actor()
    return world.worker(("u1", "uber"))


@pytest.fixture
async def holder(world: World, driver: str, database_url: str) -> AsyncIterator[Process]:
    """A process that holds a lease under the worker's only grant."""
    world.give(driver, [("uber", "engagements")])
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("lease_holder.py")), database_url, stdin=PIPE, stdout=PIPE
    )
    assert await hear(process) == "leased"
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()
    process._transport.close()


async def hear(process: Process) -> str:
    return (await asyncio.wait_for(process.stdout.readline(), 10)).decode().strip()


async def tell(process: Process, line: str) -> None:
    process.stdin.write(line.encode() + b"\n")
    await process.stdin.drain()


async def test_revocation_reaches_the_other_process_and_waits_for_it(
    world: World, driver: str, holder: Process
) -> None:
    (grant,) = world.grants.of_worker(driver)
    revoking = asyncio.create_task(world.grants.revoke(grant.id, by="worker", reason="worker"))
    assert await hear(holder) == "ended"
    assert not revoking.done()
    await tell(holder, "release")
    assert await hear(holder) == "released 1"
    assert not revoking.done()
    await tell(holder, "acknowledge")
    assert await hear(holder) == "acknowledged"
    assert (await revoking).status == "confirmed"
    await tell(holder, "close")
    assert await hear(holder) == "closed"


async def test_killed_process_is_proven_dead(world: World, driver: str, holder: Process) -> None:
    holder.kill()
    await holder.wait()
    assert world.open_leases() == 1
    (grant,) = world.grants.of_worker(driver)
    revocation = await world.grants.revoke(grant.id, by="worker", reason="worker")
    assert revocation.status == "confirmed"
    assert world.open_leases() == 0
    assert [(event.reason, event.records, event.purpose) for event in world.events()] == [
        ("PROCESS_DIED", 0, "job_matching")
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL hears of a death a moment later
async def test_dead_process_is_not_waited_for(world: World, driver: str, holder: Process) -> None:
    holder.kill()
    await holder.wait()
    world.stops._drain = 0.0
    (grant,) = world.grants.of_worker(driver)
    assert (await world.grants.revoke(grant.id, by="worker", reason="worker")).status == "confirmed"


async def test_paused_process_is_neither_done_nor_dead(world: World, driver: str, holder: Process) -> None:
    holder.send_signal(signal.SIGSTOP)
    world.stops._drain = 0.2
    (grant,) = world.grants.of_worker(driver)
    revocation = await world.grants.revoke(grant.id, by="worker", reason="worker")
    assert (revocation.status, revocation.open_leases) == ("stopping", 1)
    holder.send_signal(signal.SIGCONT)
    await tell(holder, "release")
    assert sorted([await hear(holder), await hear(holder)]) == ["ended", "released 1"]
    await tell(holder, "acknowledge")
    world.stops._drain = 2.0
    assert (await world.grants.settle(grant.id)).status == "confirmed"


async def test_process_that_ends_gives_up_its_leases(world: World, driver: str, holder: Process) -> None:
    await tell(holder, "close")
    assert await hear(holder) == "ended"
    assert await hear(holder) == "closed"
    assert world.open_leases() == 0
    with Session(world.engine) as session:
        processes = session.execute(select(GatewayProcess).order_by(GatewayProcess.id)).scalars().all()
        assert [process.ended_at is None for process in processes] == [True, False]
    assert [event.reason for event in world.events()] == ["DISCARDED"]
