"""The load: a number of connections that ask one query again and again, and check every answer. Prints JSON.

Arguments: port, path, seconds, connections, file of the query, and the credentials: a prefix to be numbered, or `@` and
a file with one credential in each line, of which none is used twice.
"""

import asyncio
import itertools
import json
import sys
import time
from pathlib import Path

import httptools
import uvloop


class Asker(asyncio.Protocol):
    """One connection: the next request goes out when the answer has come."""

    def __init__(self, load):
        self.load = load
        self.done = load.loop.create_future()

    def connection_made(self, transport):
        self.transport = transport
        self.parser = httptools.HttpResponseParser(self)
        self.ask()

    def ask(self):
        load = self.load
        if load.is_over():
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self.chunks = []
        self.start = time.perf_counter()
        self.transport.write(load.head + load.credential() + load.rest)

    def data_received(self, data):
        self.parser.feed_data(data)

    def on_body(self, body):
        self.chunks.append(body)

    def on_message_complete(self):
        self.load.answered(self.parser.get_status_code(), b"".join(self.chunks), time.perf_counter() - self.start)
        self.load.loop.call_soon(self.ask)

    def connection_lost(self, error):
        if not self.done.done():
            self.done.set_exception(ConnectionError("the gateway closed the connection") if error is None else error)


def credentials(source):
    """Return what returns another credential each time."""
    if source.startswith("@"):
        return iter(Path(source[1:]).read_bytes().split()).__next__
    numbers = itertools.count(1)
    return lambda: b"%s-%d" % (source.encode(), next(numbers))


class Load:
    """One measurement."""

    def __init__(self, port, path, query, prefix):
        self.loop = asyncio.get_running_loop()
        body = json.dumps({"query": query}).encode()
        self.head = (
            b"POST %s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-type: application/json\r\naccept: application/json\r\n"
            b"content-length: %d\r\nauthorization: Bearer " % (path.encode(), port, len(body))
        )
        self.credential = credentials(prefix)
        self.rest = b"\r\n\r\n" + body
        self.port = port
        self.times = []
        self.first = None
        self.wrong = 0
        self.ends = None

    def is_over(self):
        return self.ends is not None and time.perf_counter() >= self.ends

    def answered(self, status, body, seconds):
        self.times.append(seconds)
        if self.first is None:
            self.first = body
        if status != 200 or body != self.first:
            self.wrong += 1

    async def run(self, seconds, connections):
        start = time.perf_counter()
        self.ends = start + seconds
        askers = [
            (await self.loop.create_connection(lambda: Asker(self), "127.0.0.1", self.port))[1]
            for _ in range(connections)
        ]
        await asyncio.gather(*(asker.done for asker in askers))
        return time.perf_counter() - start


async def main(port, path, seconds, connections, query, prefix):
    load = Load(int(port), path, query, prefix)
    took = await load.run(float(seconds), int(connections))
    times = sorted(load.times)
    print(
        json.dumps(
            {
                "requests": len(times),
                "wrong": load.wrong,
                "seconds": took,
                "p50": times[len(times) // 2] * 1000,
                "p99": times[len(times) * 99 // 100] * 1000,
                "answer": load.first.decode(),
            }
        )
    )


if __name__ == "__main__":
    port, path, seconds, connections, query, prefix = sys.argv[1:]
    uvloop.run(main(port, path, seconds, connections, Path(query).read_text(), prefix))
