"""An answer counts as handed over only when the kernel has it; a client that takes nothing is cut off."""

import asyncio
import socket

import pytest
import uvicorn
import uvloop

from gateway.server.attendance import Attendance
from gateway.server.http_response import ResponseWriter
from gateway.server.serving import CONNECTION, bounded_protocol

SIZE = 30_000_000


class App:
    """Answers with many bytes, and notes when they are handed over."""

    def __init__(self, holds, patience):
        self.holds = holds
        self.patience = patience
        self.began = asyncio.Event()
        self.handed_over = asyncio.Event()

    async def __call__(self, scope, receive, send):
        connection = scope["extensions"][CONNECTION]
        attendance = Attendance(receive, self.patience, connection["abort"])
        writer = ResponseWriter(send, "r", attendance, hold=connection["hold"] if self.holds else None)
        self.began.set()
        await writer.answer(200, b"x" * SIZE)
        attendance.end()
        self.handed_over.set()


async def served(app, scenario):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(app, http=bounded_protocol(65_536), loop="none", lifespan="off", log_level="critical")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve([listener]))
        try:
            reader, writer = await asyncio.open_connection(*listener.getsockname(), limit=1024)
            writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            await asyncio.wait_for(scenario(reader), 20)
            writer.close()
        finally:
            server.should_exit = True
            server.force_exit = True
            await serving


runs = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
holding = pytest.mark.parametrize("holds", [True, False], ids=["together", "piecemeal"])


@runs
@holding
def test_an_answer_that_nobody_reads_is_not_handed_over(run, holds):
    async def main():
        app = App(holds, patience=None)

        async def scenario(reader):
            await app.began.wait()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(app.handed_over.wait()), 0.5)
            got = 0
            while got < SIZE:
                got += len(await reader.read(1_000_000))
            await app.handed_over.wait()

        await served(app, scenario)

    run(main())


@runs
@holding
def test_a_client_that_takes_nothing_is_cut_off(run, holds):
    async def main():
        app = App(holds, patience=0.3)

        async def scenario(reader):
            await app.handed_over.wait()
            got = 0
            try:
                while chunk := await reader.read(1_000_000):
                    got += len(chunk)
            except ConnectionResetError:
                pass
            assert got < SIZE

        await served(app, scenario)

    run(main())
