"""An application served by uvicorn in a thread, for clients in other processes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@contextmanager
def served(app: Any, listener: socket.socket) -> Iterator[None]:
    """Serve `app`, an ASGI application, on `listener` from the first line within to the last."""
    server = _Uvicorn(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    assert server.is_up.wait(10)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)
