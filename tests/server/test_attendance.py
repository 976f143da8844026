"""What happens to work whose client goes away, or whose time is over."""

import asyncio

import pytest

from gateway.server.attendance import TOO_LONG, while_attended
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


def test_a_request_that_takes_too_long_is_given_up(graph):
    async def scenario():
        work = graph.engine.execute("{ slow }", scopes=frozenset({"notes"}))
        assert await while_attended(work, never, 0.01) == TOO_LONG
        assert graph.notes.cancelled.is_set()
        assert graph.gate.open == []
        assert not asyncio.current_task().cancelling()

    asyncio.run(scenario())


def test_work_that_is_done_leaves_nothing_behind():
    async def scenario():
        async def work():
            await asyncio.sleep(0)
            return 1

        assert await while_attended(work(), never, 1) == 1
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scenario())


def test_being_cancelled_from_outside_stays_that():
    async def scenario():
        task = asyncio.create_task(while_attended(never(), never, 1))
        await asyncio.sleep(0)
        task.cancel()
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
