"""Runs the application on a socket (uvicorn): bounded request heads, and an end that loses nobody's answer.

signal ─► draining: /readyz answers 503, everything is still served   (`shutdown_delay`)
       ─► stopping: no new connection, streams end, open requests are finished
       ─► stopped
"""

from __future__ import annotations

import asyncio
import time
from itertools import chain
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CONNECTION = "gigway.connection"
"""The ASGI extension by which an application reaches its connection.

`abort()` cuts it at once. Between `hold(True)` and `hold(False)` no `send` waits for the kernel, so that a head and its
body go out together; the first one after that waits for all of it.
"""

_HELD = (1 << 31) - 1


class Drain:
    """How far the end of a process has come."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()
        self.is_draining = False

    def begin(self) -> None:
        """Ask load balancers to look elsewhere."""
        self.is_draining = True

    def stop(self) -> None:
        """End what would not end by itself."""
        self.is_draining = True
        self._stopping.set()

    async def stopping(self) -> None:
        """Wait until streams must end."""
        await self._stopping.wait()


class GracefulServer(uvicorn.Server):
    """A server that drains for `delay` seconds before it stops. A second signal stops it at once."""

    def __init__(self, config: uvicorn.Config, drain: Drain, delay: float) -> None:
        super().__init__(config)
        self._drain = drain
        self._delay = delay
        self._stop_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain."""
        first = not self._drain.is_draining
        self._drain.begin()
        super().handle_exit(sig, frame)
        if first and self._delay > 0:
            self.should_exit = False
            self._stop_at = time.monotonic() + self._delay

    async def on_tick(self, counter: int) -> bool:
        """Stop when the delay is over."""
        if self._stop_at is not None and time.monotonic() >= self._stop_at:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """End streams, then finish what is open."""
        self._drain.stop()
        await super().shutdown(sockets)  # type: ignore[arg-type]


class _HeadTooLargeError(Exception):
    """The request line and the headers are longer than allowed."""


def server_for(
    app: ASGIApp,
    drain: Drain,
    *,
    host: str,
    port: int,
    max_head: int,
    delay: float,
    longest: float,
    log_config: dict[str, object],
) -> GracefulServer:
    """Return the server of `app`. When it stops, open requests have `longest` seconds to finish."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=bounded_protocol(max_head),
        ws="none",
        access_log=False,
        server_header=False,
        log_config=log_config,
        timeout_graceful_shutdown=int(longest) + 1,
    )
    return GracefulServer(config, drain, delay)


def bounded_protocol(max_head: int) -> type[HttpToolsProtocol]:
    """Return uvicorn's protocol, which refuses (431) heads of more than `max_head` bytes before holding them."""

    class BoundedProtocol(HttpToolsProtocol):
        """Counts the bytes of each request's head."""

        _in_head = False
        _received = 0
        _too_large = False

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            """Let `send` wait until the kernel has everything: no answer lingers in a buffer of ours."""
            super().connection_made(transport)
            transport.set_write_buffer_limits(high=0)
            # What is left of an answer that nobody reads is dropped by `abort`; closing would still send it.
            self._extensions: dict[str, dict[object, object]] = {
                CONNECTION: {"abort": transport.abort, "hold": self._hold}
            }

        def data_received(self, data: bytes) -> None:
            """Count what comes while a head is incomplete: the parser itself would collect without end."""
            was_in_head = self._in_head
            super().data_received(data)
            if was_in_head and self._in_head:
                self._received += len(data)
                if self._received > max_head:
                    self._refuse()

        def on_message_begin(self) -> None:
            """A head begins."""
            self._in_head, self._received = True, 0
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            """A head is complete."""
            self._in_head = False
            if len(self.url) + 4 * len(self.headers) + sum(map(len, chain.from_iterable(self.headers))) > max_head:
                self._too_large = True
                raise _HeadTooLargeError
            super().on_headers_complete()
            self.scope["extensions"] = self._extensions

        def send_400_response(self, msg: str) -> None:
            """Say what the parser stumbled over."""
            if self._too_large:
                self._refuse()
            else:
                super().send_400_response(msg)

        def _hold(self, on: bool) -> None:
            try:  # noqa: SIM105  # this runs twice for each request
                self.transport.set_write_buffer_limits(high=_HELD if on else 0)
            except RuntimeError:
                pass  # the connection is gone, and what was to be written with it

        def _refuse(self) -> None:
            if self.transport.is_closing():
                return
            text = b'{"errors":[{"message":"The request head is too large.","extensions":{"code":"HEAD_TOO_LARGE"}}]}'
            self.transport.write(
                b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json; charset=utf-8\r\n"
                b"connection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(text), text)
            )
            self.transport.close()

    return BoundedProtocol
