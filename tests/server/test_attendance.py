"""What happens to work whose client goes away, or whose time is over."""

import asyncio

import pytest

from gateway.server.attendance import TOO_LONG, Attendance
from gateway.server.http_request import GONE


async def never():
    await asyncio.Event().wait()


def test_work_is_cancelled_when_the_client_goes_away(graph, client):
    async def scenario():
        request = client(graph.endpoint(), {"query": "{ slow }"})
        running = asyncio.create_task(request.run())
        await graph.notes.asked.wait()
        assert graph.gate.open
        request.leave()
        await asyncio.wait_for(running, 5)
        assert graph.notes.cancelled.is_set()
        assert (graph.gate.opened, graph.gate.open) == (1, [])
        assert request.status is None

    asyncio.run(scenario())


async def attended(work, seconds, phase="working"):
    """Await work as the endpoint does."""
    attendance = Attendance(never, seconds, grace=0.0)
    try:
        attendance.enter(phase)
        return await work
    except asyncio.CancelledError:
        given_up = attendance.given_up()
        if given_up is None:
            raise
        return given_up
    finally:
        attendance.end()


def test_a_request_that_takes_too_long_is_given_up(graph):
    async def scenario():
        work = graph.engine.execute("{ slow }", scopes=frozenset({"notes"}))
        assert await attended(work, 0.01) == TOO_LONG
        assert graph.notes.cancelled.is_set()
        assert graph.gate.open == []
        assert not asyncio.current_task().cancelling()

    asyncio.run(scenario())


def test_work_that_is_done_leaves_nothing_behind():
    async def scenario():
        async def work():
            await asyncio.sleep(0)
            return 1

        assert await attended(work(), 1) == 1
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scenario())


class Client:
    """A client that stays; `watched` is set when that is looked at."""

    def __init__(self):
        self.watched = asyncio.Event()

    async def receive(self):
        self.watched.set()
        await never()


def test_who_was_watched_while_work_was_done_is_not_while_the_answer_is_sent():
    async def scenario():
        client = Client()
        attendance = Attendance(client.receive, 1)
        attendance.enter("working")
        await client.watched.wait()
        assert len(asyncio.all_tasks()) == 2
        attendance.enter("sending")
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        attendance.end()

    asyncio.run(scenario())


def test_sending_has_its_time_from_its_own_beginning():
    async def scenario():
        loop, client = asyncio.get_running_loop(), Client()
        cut = loop.create_future()
        attendance = Attendance(client.receive, 0.2, cut=lambda: cut.set_result(loop.time()))
        attendance.enter("working")
        await client.watched.wait()
        began = loop.time()
        attendance.enter("sending")
        assert await asyncio.wait_for(cut, 5) - began >= 0.2
        attendance.end()
        assert not asyncio.current_task().cancelling()

    asyncio.run(scenario())


@pytest.mark.parametrize("phase", ["reading", "working", "unlimited"])
def test_being_cancelled_from_outside_stays_that(phase):
    async def scenario():
        task = asyncio.create_task(attended(never(), 1, phase))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())


def test_being_cancelled_from_outside_as_well_stays_that():
    async def scenario():
        loop, task = asyncio.get_running_loop(), None

        async def work():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                loop.call_soon(task.cancel)
                await asyncio.sleep(0)
                await asyncio.sleep(0)

        task = loop.create_task(attended(work(), 0.01))
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())


def test_a_client_that_leaves_while_it_sends_gets_no_answer(graph, client):
    async def scenario():
        request = client(graph.endpoint(), {"query": "{ slow }"})
        request._read = True
        request.leave()
        await request.run()
        assert request.status is None

    asyncio.run(scenario())


def test_a_body_that_does_not_arrive_is_not_waited_for(graph, client):
    async def scenario():
        request = client(graph.endpoint(timeout=0.01), {"query": "{ slow }"})
        request._read = True
        await request.run()
        assert (request.status, request.json["errors"][0]["extensions"]["code"]) == (408, "REQUEST_TIMEOUT")
        assert request.answered["connection"] == ["close"]

    asyncio.run(scenario())


def test_gone_is_no_answer():
    assert GONE.status == 499
