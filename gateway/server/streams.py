"""Answers that come in parts: subscriptions as server-sent events, deferred parts of a query as a multipart body.

* Server-sent events follow the GraphQL over SSE protocol, "distinct connections" mode: a `next` event for each
  answer, then `complete`. Comments keep a quiet connection open.
* Deferred parts follow the incremental delivery format `deferSpec=20220824`: one body part for each payload.

Each answer is acknowledged before the next one is made. A stream ends with the client, with the asker's token (which
is looked at before every answer and at every comment), and with the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import orjson

from gateway.server.http_request import Receive
from gateway.server.http_response import ResponseWriter

HEARTBEAT = 12.0
"""Seconds: proxies give up on connections that are quiet for longer."""

_TOKEN_ENDED = {
    "message": "The access token, or the grant behind it, has ended.",
    "extensions": {"code": "TOKEN_ENDED"},
}


class Part(Protocol):
    """One answer of a stream."""

    @property
    def body(self) -> bytes:
        """The JSON body."""
        ...

    def acknowledge(self) -> Awaitable[None]:
        """Close the permits behind it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """How the answers stand in the body: what is before, around, between and after them.

    `cut_off` is the last answer of a stream whose token has ended. One that `is_endless` ends with the process; others
    are finished first.
    """

    content_type: bytes
    begin: bytes = b""
    before: bytes
    after: bytes
    heartbeat: bytes = b""
    end: bytes
    cut_off: bytes
    is_endless: bool = False


EVENTS = Framing(
    content_type=b"text/event-stream; charset=utf-8",
    begin=b":\n\n",
    before=b"event: next\ndata: ",
    after=b"\n\n",
    heartbeat=b":\n\n",
    end=b"event: complete\ndata:\n\n",
    cut_off=orjson.dumps({"errors": [_TOKEN_ENDED]}),
    is_endless=True,
)
PARTS = Framing(
    content_type=b'multipart/mixed; boundary="-"; deferSpec=20220824',
    begin=b"---",
    before=b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n",
    after=b"\r\n---",
    end=b"--\r\n",
    cut_off=orjson.dumps({"errors": [_TOKEN_ENDED], "hasNext": False}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a stream hangs on: `seconds_left` tells how long the asker may go on, `stopping` when the process ends."""

    seconds_left: Callable[[], Awaitable[float]]
    stopping: Callable[[], Awaitable[None]]
    heartbeat: float = HEARTBEAT


async def deliver(
    parts: AsyncGenerator[Part, None],
    writer: ResponseWriter,
    framing: Framing,
    receive: Receive,
    conditions: Conditions,
) -> None:
    """Send all of `parts`, and close it. `receive` has nothing left but the disconnection."""
    gone = asyncio.ensure_future(_disconnected(receive))
    stopping = asyncio.ensure_future(_done(conditions.stopping if framing.is_endless else asyncio.Event().wait))
    upcoming = asyncio.ensure_future(_following(parts))
    try:
        await writer.begin(framing.content_type)
        if framing.begin:
            await writer.part(framing.begin)
        left = await conditions.seconds_left()
        while True:
            if left <= 0:
                await writer.part(framing.before + framing.cut_off + framing.after)
                break
            await asyncio.wait(
                (gone, stopping, upcoming),
                timeout=min(left, conditions.heartbeat),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if gone.done():
                return
            if upcoming.done():
                part = upcoming.result()
                if part is None:
                    break
                try:
                    left = await conditions.seconds_left()
                    if left > 0:
                        await writer.part(framing.before + part.body + framing.after)
                finally:
                    await part.acknowledge()
                upcoming = asyncio.ensure_future(_following(parts))
            elif not stopping.done():
                left = await conditions.seconds_left()
                if framing.heartbeat and left > 0:
                    await writer.part(framing.heartbeat)
            if stopping.done():
                break
        await writer.part(framing.end)
        await writer.end()
    finally:
        for task in (gone, stopping, upcoming):
            task.cancel()
        *_, unsent = await asyncio.gather(gone, stopping, upcoming, return_exceptions=True)
        if unsent is not None and not isinstance(unsent, BaseException):
            await unsent.acknowledge()
        await parts.aclose()


async def _following(parts: AsyncGenerator[Part, None]) -> Part | None:
    return await anext(parts, None)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _done(wait: Callable[[], Awaitable[object]]) -> None:
    await wait()
