"""Serve an ASGI application on loopback inside this process, for as long as a context lasts.

For tools and the demo: it takes any free port when none is named, and leaves signals to the process that it runs in.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import uvicorn


class _Server(uvicorn.Server):
    """A server that captures no signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@contextlib.contextmanager
def loopback_socket(port: int = 0) -> Iterator[socket.socket]:
    """Return a listening loopback socket, on any free port when `port` is 0. Connections wait for the server."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        yield listener


@contextlib.asynccontextmanager
async def serve_on(listener: socket.socket, app: Any) -> AsyncIterator[str]:
    """Serve `app` on `listener`; returns its address, without a slash at the end."""
    server = _Server(uvicorn.Config(app, log_level="critical", ws="none", access_log=False))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
