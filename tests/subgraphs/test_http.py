"""The HTTP client against a server that misbehaves in every way that a socket allows."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from gateway.errors import SubgraphError
from gateway.subgraph import LargeAnswer, SubgraphCall
from gateway.subgraphs import HttpSubgraph, HttpTransport, propagate_headers

CALL = SubgraphCall(document="{ x }", variables={"v": [1]}, session=None)


def response(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "content-type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Cut(bytes):
    """Bytes after which the connection is closed."""


@dataclass
class RawServer:
    """Answers each request with the next of the given byte strings; None closes the connection."""

    answers: list[bytes | None]
    requests: list[tuple[dict[str, str], Any]] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
                body = await reader.readexactly(int(headers["content-length"]))
                self.requests.append((headers, orjson.loads(body)))
                answer = self.answers.pop(0)
                if answer is None:
                    return
                writer.write(answer)
                await writer.drain()
                if isinstance(answer, Cut):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def exchange(
    *answers: bytes | None, call: SubgraphCall = CALL, times: int = 1, **options: Any
) -> tuple[Any, list[tuple[dict[str, str], Any]]]:
    async def run() -> Any:
        raw = RawServer(list(answers))
        server = await asyncio.start_server(raw.handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        transport = HttpTransport()
        subgraph = HttpSubgraph("s", f"http://127.0.0.1:{port}/graphql", "", transport, **options)
        try:
            for _ in range(times):
                try:
                    result: Any = await subgraph.execute(call)
                except SubgraphError as error:
                    result = error
            return result, raw.requests
        finally:
            await transport.close()
            server.close()
            await server.wait_closed()

    return asyncio.run(run())


def test_call_is_a_post_and_the_answer_its_json():
    result, requests = exchange(response(b'{"data": {"x": 1}}'))
    assert result == {"data": {"x": 1}}
    headers, body = requests[0]
    assert body == {"query": "{ x }", "variables": {"v": [1]}}
    assert headers["content-type"] == "application/json"
    assert headers["accept-encoding"] == "identity"
    assert "cookie" not in headers


def test_only_named_headers_are_handed_on():
    @dataclass
    class Session:
        headers: dict[str, str]

    call = SubgraphCall(
        document="{ x }", variables={}, session=Session({"authorization": "Bearer t", "cookie": "c", "host": "evil"})
    )
    _, requests = exchange(response(b'{"data":{}}'), call=call, headers=propagate_headers("Authorization"))
    assert requests[0][0]["authorization"] == "bearer t"
    assert "cookie" not in requests[0][0]
    assert requests[0][0]["host"].startswith("127.0.0.1")


def test_rules_cannot_replace_the_headers_of_the_protocol():
    rule: Callable[[SubgraphCall], dict[str, str]] = lambda call: {"content-type": "text/plain"}  # noqa: E731
    _, requests = exchange(response(b'{"data":{}}'), headers=rule)
    assert requests[0][0]["content-type"] == "application/json"


def test_connections_are_reused_and_a_stale_one_is_replaced():
    result, requests = exchange(response(b'{"data":{}}'), None, response(b'{"data":{"y":2}}'), times=2)
    assert result == {"data": {"y": 2}}
    assert len(requests) == 3


def test_mutations_are_not_sent_twice():
    call = SubgraphCall(document="mutation { x }", variables={}, session=None)
    result, requests = exchange(None, response(b'{"data":{}}'), call=call)
    assert result.code == "UPSTREAM_UNAVAILABLE"
    assert len(requests) == 1


def test_set_cookies_are_not_kept():
    _, requests = exchange(response(b'{"data":{}}', set_cookie="a=b; Path=/"), response(b'{"data":{}}'), times=2)
    assert "cookie" not in requests[1][0]


BOMB = gzip.compress(b" " * 5_000_000)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (response(b"not json"), "SUBGRAPH_INVALID_DATA"),
        (response(b"[1]"), "SUBGRAPH_INVALID_DATA"),
        (response(b'{"other": 1}'), "SUBGRAPH_INVALID_DATA"),
        (response(b"\xff\xfe"), "SUBGRAPH_INVALID_DATA"),
        (response(b"[" * 5_000), "SUBGRAPH_INVALID_DATA"),
        (response(b"<html>", "500 Oops"), "SUBGRAPH_ERROR"),
        (response(b"<html>", "503 Busy"), "UPSTREAM_UNAVAILABLE"),
        (response(b"", "302 Found", location="http://127.0.0.1:1/"), "SUBGRAPH_ERROR"),
        (response(b"x" * 2_000_000), "SUBGRAPH_RESPONSE_TOO_LARGE"),
        (response(BOMB, content_encoding="gzip"), "SUBGRAPH_RESPONSE_TOO_LARGE"),
        (response(zlib.compress(b" " * 5_000_000), content_encoding="deflate"), "SUBGRAPH_RESPONSE_TOO_LARGE"),
        (response(b"plain", content_encoding="gzip"), "SUBGRAPH_INVALID_DATA"),
        (response(b"?", content_encoding="br"), "SUBGRAPH_INVALID_DATA"),
        (b"garbage\r\n\r\n", "UPSTREAM_UNAVAILABLE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_broken_answers_are_coded(answer, code):
    result, _ = exchange(answer, max_response_bytes=1_000_000, timeout=0.1)
    assert isinstance(result, SubgraphError)
    assert result.code == code
    assert "127.0.0.1" not in result.message


PART = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"
CHUNK = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffff\r\n" + b"x" * 65_535 + b"\r\n"


@pytest.mark.parametrize("part", [PART, CHUNK, b""], ids=["length", "chunks", "nothing"])
def test_stalled_and_cut_answers(part):
    stalled, _ = exchange(part, timeout=0.1)
    assert stalled.code == "UPSTREAM_TIMEOUT"
    cut, _ = exchange(Cut(part), Cut(part))
    assert cut.code == "UPSTREAM_UNAVAILABLE"


def test_endless_chunks_are_bounded():
    result, _ = exchange(CHUNK + b"ffff\r\n" + b"x" * 65_535 + b"\r\n", max_response_bytes=100_000)
    assert result.code == "SUBGRAPH_RESPONSE_TOO_LARGE"


def test_what_is_declared_too_long_is_not_waited_for():
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n"
    result, _ = exchange(head, max_response_bytes=1_000_000, timeout=5)
    assert result.code == "SUBGRAPH_RESPONSE_TOO_LARGE"


def test_unpacking_lets_others_run():
    packed = gzip.compress(b'{"data": {"x": "' + b"a" * 8_000_000 + b'"}}')
    steps = 0

    async def run() -> Any:
        nonlocal steps
        raw = RawServer([response(packed, content_encoding="gzip")])
        server = await asyncio.start_server(raw.handle, "127.0.0.1", 0)
        transport = HttpTransport()
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        task = asyncio.ensure_future(HttpSubgraph("s", url, "", transport).execute(CALL))
        try:
            while not task.done():
                steps += 1
                await asyncio.sleep(0)
            return task.result()
        finally:
            await transport.close()
            server.close()
            await server.wait_closed()

    assert asyncio.run(run()) == {"data": {"x": "a" * 8_000_000}}
    assert steps > 15


def test_large_answers_that_come_together_let_others_run_in_between():
    body = b'{"data": {"x": "' + b"a" * 1_500_000 + b'"}}'
    finished: list[int] = []

    async def run() -> None:
        transport = HttpTransport()
        assert transport.session
        turns = 0

        async def parse() -> None:
            assert type(await transport.parse(body, 200)) is LargeAnswer
            finished.append(turns)

        try:
            waiting = [asyncio.create_task(parse()) for _ in range(4)]
            while not all(task.done() for task in waiting):
                await asyncio.sleep(0)
                turns += 1
        finally:
            await transport.close()

    asyncio.run(run())
    assert all(later - earlier >= 2 for earlier, later in itertools.pairwise(finished))


def test_compressed_answers_within_the_bound_are_read():
    packed = gzip.compress(b'{"data": {"x": "' + b"a" * 1000 + b'"}}')
    result, _ = exchange(response(packed, content_encoding="gzip"))
    assert result == {"data": {"x": "a" * 1000}}


def test_graphql_errors_with_a_failing_status_are_an_answer():
    result, _ = exchange(response(b'{"errors": [{"message": "no"}]}', "400 Bad Request"))
    assert result == {"errors": [{"message": "no"}]}


def test_nobody_listening():
    async def run() -> Any:
        transport = HttpTransport()
        try:
            await HttpSubgraph("s", "http://127.0.0.1:1/", "", transport).execute(CALL)
        except SubgraphError as error:
            return error
        finally:
            await transport.close()
        return None

    assert asyncio.run(run()).code == "UPSTREAM_UNAVAILABLE"


def stream(*answers: bytes | None, **options: Any) -> list[Any]:
    async def run() -> list[Any]:
        raw = RawServer(list(answers))
        server = await asyncio.start_server(raw.handle, "127.0.0.1", 0)
        transport = HttpTransport()
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        events: list[Any] = []
        try:
            subgraph = HttpSubgraph("s", url, "", transport, **options)
            async for event in subgraph.subscribe(SubgraphCall(document="subscription { x }", variables={}, session=0)):
                events.append(event)
        except SubgraphError as error:
            events.append(error.code)
        finally:
            await transport.close()
            server.close()
            await server.wait_closed()
        return events

    return asyncio.run(run())


SSE = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
NEXT = b': comment\r\n\r\nevent: next\r\ndata: {"data":\r\ndata: {"x": 1}}\r\n\r\n'


@pytest.mark.parametrize(
    ("answer", "events"),
    [
        (SSE + NEXT + NEXT + b"event: complete\ndata:\n\n", [{"data": {"x": 1}}] * 2),
        (SSE + NEXT, [{"data": {"x": 1}}, "UPSTREAM_UNAVAILABLE"]),
        (SSE + b"event: next\ndata: {\n\n", ["SUBGRAPH_INVALID_DATA"]),
        (SSE + b"data: " + b"x" * 200_000, ["SUBGRAPH_RESPONSE_TOO_LARGE"]),
        (response(b'{"errors": [{"message": "no"}]}'), [{"errors": [{"message": "no"}]}]),
        (response(b"", "404 Not Found"), ["SUBGRAPH_ERROR"]),
        (None, ["UPSTREAM_UNAVAILABLE"]),
    ],
    ids=["complete", "cut", "not json", "endless", "refused", "not found", "closed"],
)
def test_server_sent_events(answer, events):
    sent = Cut(answer) if answer is not None else None
    assert stream(sent, max_response_bytes=100_000) == events
