"""The process on its socket: heads that are too large, and the end of a process."""

import asyncio
import json
import signal
import socket
import threading
import urllib.error
import urllib.request

import pytest
import uvicorn
from starlette.applications import Starlette

from gateway.server.health import health_routes
from gateway.server.serving import Drain, GracefulServer, bounded_protocol
from gateway.storage.database import create_database_engine
from gateway.storage.migrate import migrate

MAX_HEAD = 2_000


@pytest.fixture(scope="module")
def address(serve):
    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})

    url = serve(app, http=bounded_protocol(MAX_HEAD), lifespan="off")
    return ("127.0.0.1", int(url.rpartition(":")[2]))


def talk(address, *pieces):
    """Send pieces until the server answers; return its answer up to the end of the connection."""
    with socket.create_connection(address, timeout=5) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        received = b""
        try:
            while chunk := connection.recv(65_536):
                received += chunk
        except ConnectionResetError:
            pass
    return received


def test_a_head_of_fair_size_is_read(address):
    head = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: " + b"a" * (MAX_HEAD - 200) + b"\r\n\r\n"
    assert talk(address, head).startswith(b"HTTP/1.1 200")
    assert talk(address, head[:700], head[700:]).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * MAX_HEAD + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * MAX_HEAD + b"\r\n",
        b"GET /" + b"a" * MAX_HEAD + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["one long header", "many headers", "a long address"],
)
def test_a_head_that_is_too_large_is_refused(address, head):
    assert talk(address, head).startswith(b"HTTP/1.1 431")


def test_a_head_without_end_is_not_collected(address):
    received = talk(address, b"GET / HTTP/1.1\r\nX: ", *[b"a" * 65_536] * 200)
    assert received.startswith(b"HTTP/1.1 431") or not received


def test_bad_http_is_refused(address):
    assert talk(address, b"NONSENSE\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_a_body_does_not_count_as_head(address):
    body = b"b" * 100_000
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert talk(address, head, body).startswith(b"HTTP/1.1 200")


class Process:
    """A process of ours, on a database of its own, with one path that answers when it is let."""

    def __init__(self, folder, delay):
        self.database = create_database_engine(f"sqlite:///{folder}/serving.db")
        migrate(self.database)
        self.drain = Drain()
        self.trouble = None
        self.asked, self.let, self.streams_ended = threading.Event(), threading.Event(), threading.Event()
        routes = health_routes(
            self.database,
            has_supergraph=lambda: True,
            is_draining=lambda: self.drain.is_draining,
            trouble=lambda: self.trouble,
        )
        self.inner = Starlette(routes=routes)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        config = uvicorn.Config(
            self.app, ws="none", log_level="error", lifespan="off", interface="asgi3", timeout_graceful_shutdown=5
        )
        self.server = GracefulServer(config, self.drain, delay)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]})
        self.thread.start()

    async def app(self, scope, receive, send):
        if scope["path"] == "/stream":
            self.asked.set()
            await self.drain.stopping()
            self.streams_ended.set()
        elif scope["path"] == "/slow":
            self.asked.set()
            await asyncio.to_thread(self.let.wait)
        else:
            await self.inner(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"done"})

    def get(self, path):
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def get_in_thread(self, path):
        found = []
        thread = threading.Thread(target=lambda: found.append(self.get(path)))
        thread.start()
        assert self.asked.wait(5)
        self.asked.clear()
        return thread, found

    def signal(self):
        self.server.handle_exit(signal.SIGTERM, None)

    def end(self):
        self.let.set()
        self.signal()
        self.thread.join(10)
        self.socket.close()
        self.database.dispose()


@pytest.fixture
def process(request, tmp_path):
    process = Process(tmp_path, request.param)
    yield process
    process.end()


@pytest.mark.parametrize("process", [60], indirect=True)
def test_a_process_that_was_told_to_stop_first_says_that_it_is_not_ready(process):
    assert process.get("/readyz")[0] == 200
    process.signal()
    status, body = process.get("/readyz")
    assert (status, json.loads(body)["reason"]) == (503, "DRAINING")
    assert process.get("/healthz")[0] == 200
    process.signal()
    process.thread.join(5)
    assert not process.thread.is_alive()


@pytest.mark.parametrize("process", [0], indirect=True)
def test_a_process_that_can_allow_nothing_is_not_ready_until_it_can_again(process):
    process.trouble = "LEASES_UNAVAILABLE"
    status, body = process.get("/readyz")
    assert (status, json.loads(body)["reason"]) == (503, "LEASES_UNAVAILABLE")
    process.trouble = None
    assert process.get("/readyz")[0] == 200


@pytest.mark.parametrize("process", [0], indirect=True)
def test_open_requests_are_finished_and_streams_end(process):
    slow, found = process.get_in_thread("/slow")
    stream, streamed = process.get_in_thread("/stream")
    process.signal()
    assert process.streams_ended.wait(5)
    stream.join(5)
    process.let.set()
    slow.join(5)
    assert (found, streamed) == ([(200, b"done")], [(200, b"done")])
    process.thread.join(5)
    assert not process.thread.is_alive()
    with pytest.raises(OSError, match=r"refused"):
        socket.create_connection(("127.0.0.1", int(process.url.rpartition(":")[2])), timeout=1)
