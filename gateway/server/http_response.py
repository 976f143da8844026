"""GraphQL over HTTP, the answering side: bytes to the socket, with the headers that every answer has.

Large answers are compressed (gzip) when the client accepts it. Compression can tell an eavesdropper about a secret
that stands beside text of the attacker's choice (BREACH); that needs a browser that can be made to ask with the
victim's credentials. `/graphql` knows no cookies, only `Authorization`, which no foreign page can add, and its
answers hold no credentials. The worker's pages, which do have cookies and form tokens, are never compressed.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

import orjson

from gateway.server.attendance import Attendance
from gateway.server.http_request import CHARSET, Refused

Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

COMPRESS_FROM = 1_400
"""Bytes; what fits into one packet gains nothing."""

_INLINE = 262_144
_GZIP = zlib.MAX_WBITS | 16
_LEVEL = 1
_NOTHING = {"type": "http.response.body", "body": b"", "more_body": True}
_END = {"type": "http.response.body", "body": b""}
_BUFFERING_OFF = (b"x-accel-buffering", b"no")


class ResponseWriter:
    """Writes one response. `extra` are headers that this request's answer has whatever it is.

    `attendance` is told when the client must take what is sent. `hold` lets what is sent between its two calls go out
    together (`serving.CONNECTION`).
    """

    __slots__ = ("_attendance", "_extra", "_gzip", "_hold", "_request_id", "_send", "media_type", "status")

    def __init__(
        self,
        send: Send,
        request_id: str,
        attendance: Attendance,
        *,
        gzip: bool = False,
        extra: Headers = (),
        hold: Callable[[bool], None] | None = None,
    ) -> None:
        self._attendance = attendance
        self._hold = hold
        self._send = send
        self._request_id = request_id.encode()
        self._gzip = gzip
        self._extra = extra
        self.media_type = b"application/json"
        self.status = 0

    async def answer(self, status: int, body: bytes, extra: Headers = ()) -> None:
        """Send a whole response, and return when the kernel has taken it all."""
        self._attendance.enter("sending")
        headers = self._headers(self.media_type + CHARSET)
        if self._gzip and len(body) >= COMPRESS_FROM:
            body = await _compress(body)
            headers.append((b"content-encoding", b"gzip"))
            headers.append((b"vary", b"accept-encoding"))
        headers.append((b"content-length", b"%d" % len(body)))
        headers.extend(extra)
        self.status = status
        hold, send = self._hold, self._send
        if hold is not None:
            hold(True)
        try:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body, "more_body": True})
        finally:
            if hold is not None:
                hold(False)
        await send(_END)
        self._attendance.enter("unlimited")

    async def refuse(self, refused: Refused) -> None:
        """Send a refusal."""
        error = {"message": refused.message, "extensions": {**refused.extensions, "code": refused.code}}
        await self.answer(refused.status, orjson.dumps({"errors": [error]}), refused.headers)

    async def empty(self, status: int, extra: Headers) -> None:
        """Send a response without a body."""
        self.status = status
        headers = [*self._headers(None), *extra]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send(_END)

    async def begin(self, content_type: bytes) -> None:
        """Begin a response that comes in parts, none of which may wait in a buffer on its way."""
        self.status = 200
        headers = [*self._headers(content_type), _BUFFERING_OFF]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def part(self, body: bytes) -> None:
        """Send bytes, and return when the kernel has taken them all.

        The server's `send` waits for what was sent *before* (`serving.py` lets nothing linger unnoticed); hence the
        empty send behind. Only then may permits be acknowledged: bytes in a buffer of this process could still be
        delivered after a revocation.
        """
        self._attendance.enter("sending")
        if body:
            await self._send({"type": "http.response.body", "body": body, "more_body": True})
        await self._send(_NOTHING)
        self._attendance.enter("unlimited")

    async def end(self) -> None:
        """Send the end."""
        await self._send(_END)

    def _headers(self, content_type: bytes | None) -> list[tuple[bytes, bytes]]:
        headers = [
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-request-id", self._request_id),
            *self._extra,
        ]
        if content_type is not None:
            headers.append((b"content-type", content_type))
        return headers


@lru_cache(maxsize=256)
def accepts_gzip(accept_encoding: bytes | None) -> bool:
    """Tell whether an `Accept-Encoding` header allows gzip (RFC 9110 §12.5.3)."""
    if not accept_encoding:
        return False
    for part in accept_encoding.lower().split(b","):
        coding, *parameters = (piece.strip() for piece in part.split(b";"))
        if coding in {b"gzip", b"x-gzip"}:
            return not any(each.startswith(b"q=") and not each[2:].strip(b"0.") for each in parameters)
    return False


async def _compress(body: bytes) -> bytes:
    return _gzip(body) if len(body) <= _INLINE else await asyncio.to_thread(_gzip, body)


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(body) + packer.flush()
