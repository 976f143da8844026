"""Answers that come in parts: subscriptions over server-sent events, deferred parts over multipart."""

import asyncio

import orjson
import pytest

from gateway.server.streams import EVENTS, Conditions, deliver

TICKS = {"query": "subscription { ticks { id text detail } }"}
DEFERRED = {"query": '{ note { id ... @defer(label: "more") { detail } } }'}


def event(number):
    data = {"data": {"ticks": {"id": number, "text": number, "detail": f"of {number}"}}}
    return b"event: next\ndata: " + orjson.dumps(data) + b"\n\n"


COMPLETE = b"event: complete\ndata:\n\n"
ENDED = "The access token, or the grant behind it, has ended."


def test_each_event_is_an_answer_and_leaves_no_permit_open(graph, client):
    async def scenario():
        request = client(graph.endpoint(), TICKS, accept="text/event-stream")
        running = asyncio.create_task(request.run())
        for number in ("1", "2"):
            graph.notes.events.put_nowait(number)
            await request.until(lambda number=number: event(number) in request.parts)
        graph.notes.events.put_nowait(None)
        await asyncio.wait_for(running, 5)
        assert (request.status, request.answered["content-type"]) == (200, ["text/event-stream; charset=utf-8"])
        assert request.answered["cache-control"] == ["no-store"]
        assert request.received.endswith(event("1") + event("2") + request.received.partition(event("2"))[2])
        assert request.received.endswith(COMPLETE)
        assert graph.gate.opened
        assert graph.gate.open == []

    asyncio.run(scenario())


def test_the_client_ends_the_stream_by_leaving(graph, client):
    async def scenario():
        request = client(graph.endpoint(), TICKS, accept="text/event-stream")
        running = asyncio.create_task(request.run())
        graph.notes.events.put_nowait("1")
        await request.until(lambda: event("1") in request.parts)
        request.leave()
        await asyncio.wait_for(running, 5)
        assert graph.notes.closed.is_set()
        assert graph.gate.open == []

    asyncio.run(scenario())


def test_nothing_is_delivered_once_the_token_has_ended(graph, client):
    async def scenario():
        request = client(graph.endpoint(), TICKS, accept="text/event-stream")
        running = asyncio.create_task(request.run())
        graph.notes.events.put_nowait("1")
        await request.until(lambda: event("1") in request.parts)
        graph.left = 0.0
        graph.notes.events.put_nowait("2")
        await asyncio.wait_for(running, 5)
        assert event("2") not in request.received
        assert ENDED.encode() in request.parts[-2]
        assert request.parts[-1] == COMPLETE
        assert graph.gate.open == []
        assert graph.notes.closed.is_set()

    asyncio.run(scenario())


def test_a_quiet_stream_ends_with_its_token(graph, client):
    async def scenario():
        graph.left = 0.01
        request = client(graph.endpoint(), TICKS, accept="text/event-stream")
        running = asyncio.create_task(request.run())
        await request.until(lambda: request.status is not None)
        graph.left = 0.0
        await asyncio.wait_for(running, 5)
        assert ENDED.encode() in request.received

    asyncio.run(scenario())


def test_the_end_of_the_process_completes_streams(graph, client):
    async def scenario():
        request = client(graph.endpoint(), TICKS, accept="text/event-stream")
        running = asyncio.create_task(request.run())
        await request.until(lambda: request.status is not None)
        graph.drain.stop()
        await asyncio.wait_for(running, 5)
        assert request.received.endswith(COMPLETE)

    asyncio.run(scenario())


def test_the_end_of_the_process_completes_a_busy_stream(graph, client):
    async def scenario():
        request = client(graph.endpoint(), TICKS, accept="text/event-stream")
        for number in range(1000):
            graph.notes.events.put_nowait(str(number))
        running = asyncio.create_task(request.run())
        await request.until(lambda: event("0") in request.parts)
        graph.drain.stop()
        await asyncio.wait_for(running, 5)
        assert request.received.endswith(COMPLETE)
        assert event("999") not in request.parts
        assert graph.gate.open == []

    asyncio.run(scenario())


def test_a_deferred_part_is_still_delivered_when_the_process_stops(graph, client):
    async def scenario():
        graph.drain.stop()
        return await client(graph.endpoint(), DEFERRED, accept="multipart/mixed").run()

    request = asyncio.run(scenario())
    assert b'"detail":"of 1"' in request.received
    assert request.received.endswith(b"\r\n-----\r\n")


def test_a_deferred_part_is_not_delivered_without_a_token(graph, client):
    async def scenario():
        graph.left = 0.0
        return await client(graph.endpoint(), DEFERRED, accept="multipart/mixed").run()

    request = asyncio.run(scenario())
    assert b'"detail"' not in request.received
    assert b'"code":"TOKEN_ENDED"' in request.received
    assert b'"hasNext":false' in request.received


def test_a_quiet_stream_is_kept_open_by_comments():
    class Recorder:
        def __init__(self):
            self.parts = asyncio.Queue()

        async def begin(self, content_type):
            pass

        async def part(self, body):
            await self.parts.put(body)

        async def end(self):
            pass

    async def scenario():
        async def nothing():
            await asyncio.Event().wait()
            yield

        async def left():
            return 60.0

        recorder = Recorder()
        conditions = Conditions(seconds_left=left, stopping=asyncio.Event().wait, heartbeat=0.001)
        running = asyncio.create_task(deliver(nothing(), recorder, EVENTS, asyncio.Event().wait, conditions))
        assert [await recorder.parts.get() for _ in range(3)] == [b":\n\n"] * 3
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(scenario())


@pytest.mark.parametrize("body", [{"query": "{ note { id } }"}, {"query": 'mutation { write(text: "a") { id } }'}])
def test_a_query_as_events_is_one_event(graph, client, body):
    request = asyncio.run(client(graph.endpoint(), body, accept="text/event-stream").run())
    assert request.received.count(b"event: next") == 1
    assert request.received.endswith(COMPLETE)


def test_a_document_that_is_refused_is_told_in_an_event(graph, client):
    request = asyncio.run(client(graph.endpoint(), {"query": "{ nothing }"}, accept="text/event-stream").run())
    assert request.status == 200
    assert b"GRAPHQL_VALIDATION_FAILED" in request.received


def test_no_mutation_by_get_in_a_stream_either(graph, client):
    query = b'query=mutation{write(text:"a"){id}}'
    request = asyncio.run(client(graph.endpoint(), method="GET", query_string=query, accept="text/event-stream").run())
    assert (request.status, request.json["errors"][0]["extensions"]["code"]) == (405, "OPERATION_NOT_ALLOWED")


def test_a_subscription_needs_a_stream(graph, client):
    request = asyncio.run(client(graph.endpoint(), TICKS).run())
    assert request.json["errors"][0]["extensions"]["code"] == "SUBSCRIPTION_NOT_SUPPORTED"


@pytest.mark.parametrize("accept", ["multipart/mixed;deferSpec=20220824, application/json", "multipart/mixed"])
def test_deferred_parts_come_as_body_parts(graph, client, accept):
    request = asyncio.run(client(graph.endpoint(), DEFERRED, accept=accept).run())
    assert request.answered["content-type"] == ['multipart/mixed; boundary="-"; deferSpec=20220824']
    bodies = [part.partition(b"\r\n\r\n")[2] for part in request.received.split(b"\r\n---")[:-1]]
    bodies[0] = request.received.partition(b"\r\n\r\n")[2].partition(b"\r\n---")[0]
    assert request.received.startswith(b"---\r\ncontent-type: application/json; charset=utf-8\r\n\r\n")
    assert request.received.endswith(b"\r\n-----\r\n")
    first, second = map(orjson.loads, bodies)
    assert first == {"data": {"note": {"id": "1"}}, "hasNext": True}
    assert second == {
        "incremental": [{"path": ["note"], "label": "more", "data": {"detail": "of 1"}}],
        "hasNext": False,
    }
    assert graph.gate.open == []


@pytest.mark.parametrize("accept", ["application/json", "multipart/mixed;deferSpec=20300101, application/json"])
def test_who_does_not_speak_the_format_gets_one_piece(graph, client, accept):
    request = asyncio.run(client(graph.endpoint(), DEFERRED, accept=accept).run())
    assert request.json == {"data": {"note": {"id": "1", "detail": "of 1"}}}
