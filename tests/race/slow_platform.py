"""A platform that answers slowly and notes every request: when it came, and whether its answer was taken whole."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

Note = Callable[[str, str], None]
"""Called with what happened (`started`, `finished` or `cut`) and the grant it happened under."""

CHUNK = b"x" * 64
SLOWEST_SECONDS = 0.09


class SlowPlatform:
    """Answers `<grant>\\n` with a few chunks over up to `SLOWEST_SECONDS`, on loopback."""

    def __init__(self, note: Note, chance: random.Random) -> None:
        self._note = note
        self._chance = chance
        self._server: asyncio.Server | None = None
        self._answering: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Listen and return the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
        await asyncio.gather(*self._answering, return_exceptions=True)

    def asked(self, connection: _Connection, grant: str) -> None:
        """Begin to answer."""
        self._note("started", grant)
        task = asyncio.create_task(self._answer(connection, grant))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, connection: _Connection, grant: str) -> None:
        chunks = self._chance.randint(1, 4)
        pause = self._chance.uniform(0.001, SLOWEST_SECONDS) / chunks
        for _ in range(chunks):
            await asyncio.sleep(pause)
            if connection.lost:
                self._note("cut", grant)
                return
            connection.transport.write(CHUNK)
        self._note("finished", grant)
        connection.transport.close()


class _Connection(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, platform: SlowPlatform) -> None:
        self._platform = platform
        self._received = b""
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._received.endswith(b"\n"):
            self._platform.asked(self, self._received.decode().strip())
            self._received = b""

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
