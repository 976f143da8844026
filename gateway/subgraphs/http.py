"""A subgraph behind HTTP: GraphQL over POST on pooled connections, with everything that comes back bounded.

Redirects are not followed, cookies are not kept, and no header of the client goes on unless a rule says so.
Answers are not asked for in compressed form; a compressed one is accepted as long as what it unpacks to is bounded.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import aiohttp
import orjson

from gateway.errors import SubgraphError, SubgraphTimeoutError, SubgraphUnavailableError
from gateway.subgraph import LARGE, Answer, LargeAnswer, SubgraphCall

INVALID = "SUBGRAPH_INVALID_DATA"

HeaderRule = Callable[[SubgraphCall], Mapping[str, str]]
"""What of a call's session goes into the headers of its request."""

_UNAVAILABLE_STATUS = frozenset((502, 503, 504))
_CHUNK = 65_536
_STEP = 500_000
"""Bytes that are unpacked at a time: about a millisecond."""


def propagate_headers(*names: str) -> HeaderRule:
    """Return the rule that hands these headers of the client on, from `session.headers` (lower-case names)."""
    wanted = tuple(name.lower() for name in names)

    def rule(call: SubgraphCall) -> Mapping[str, str]:
        given: Mapping[str, str] = getattr(call.session, "headers", None) or {}
        return {name: given[name] for name in wanted if name in given}

    return rule


class HttpTransport:
    """A pool of connections, shared by the subgraphs of a process. Close it when the loop ends."""

    def __init__(self, *, connections: int = 200, per_host: int = 0, ssl_context: ssl.SSLContext | None = None) -> None:
        self._connections = connections
        self._per_host = per_host
        self._ssl = ssl_context
        self._session: aiohttp.ClientSession | None = None
        self._parsing: asyncio.Lock

    @property
    def session(self) -> aiohttp.ClientSession:
        """The aiohttp session; made when first used, in the running loop."""
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(
                limit=self._connections,
                limit_per_host=self._per_host,
                ssl=self._ssl if self._ssl is not None else True,
                keepalive_timeout=60,
            )
            self._parsing = asyncio.Lock()
            self._session = aiohttp.ClientSession(
                connector=connector,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                skip_auto_headers=("User-Agent",),
            )
        return self._session

    async def parse(self, text: bytes, status: int) -> Answer:
        """Return the GraphQL response in a body; of large ones one at a time, and others go on in between.

        Raises `SubgraphError`.
        """
        if len(text) < LARGE:
            return _parse(text, status)
        async with self._parsing:
            await asyncio.sleep(0)
            answer = LargeAnswer(_parse(text, status))
            await asyncio.sleep(0)
            return answer

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


class HttpSubgraph:
    """One subgraph behind a URL."""

    def __init__(
        self,
        name: str,
        url: str,
        sdl: str,
        transport: HttpTransport,
        *,
        headers: HeaderRule | None = None,
        timeout: float = 10.0,
        max_response_bytes: int = 10_000_000,
    ) -> None:
        self._name = name
        self._sdl = sdl
        self.url = url
        self._transport = transport
        self._rule = headers
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._max_bytes = max_response_bytes
        self._fixed = {
            "content-type": "application/json",
            "accept": "application/graphql-response+json, application/json;q=0.9",
            "accept-encoding": "identity",
        }

    @property
    def name(self) -> str:
        """The name under which it is composed."""
        return self._name

    @property
    def sdl(self) -> str:
        """Its SDL."""
        return self._sdl

    async def execute(self, call: SubgraphCall) -> Answer:
        """Send the call. Raises `SubgraphError`."""
        body = orjson.dumps({"query": call.document, "variables": call.variables}, default=str)
        headers = {**self._rule(call), **self._fixed} if self._rule is not None else self._fixed
        try:
            try:
                return await self._post(body, headers)
            except aiohttp.ServerDisconnectedError:
                # A pooled connection may have been closed just as it was taken; a mutation may have arrived.
                if call.document.startswith("mutation"):
                    raise
                return await self._post(body, headers)
        except TimeoutError:
            raise SubgraphTimeoutError("The subgraph did not answer in time.") from None
        except aiohttp.ClientError:
            raise SubgraphUnavailableError("The subgraph is not available.") from None

    async def subscribe(self, call: SubgraphCall) -> AsyncGenerator[Answer, None]:
        """Subscribe over server-sent events (GraphQL over SSE, distinct connections mode). Raises `SubgraphError`."""
        body = orjson.dumps({"query": call.document, "variables": call.variables}, default=str)
        headers = {**(self._rule(call) if self._rule else {}), **self._fixed, "accept": "text/event-stream"}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._timeout.total)
        try:
            async with self._transport.session.post(
                self.url, data=body, headers=headers, allow_redirects=False, timeout=timeout
            ) as response:
                if response.content_type != "text/event-stream":
                    yield _parse(await self._read(response), response.status)
                    return
                async for name, data in read_events(response.content, self._max_bytes):
                    if name == "complete":
                        return
                    if name == "next":
                        yield _parse(data, response.status)
            raise SubgraphUnavailableError("The subgraph ended the stream.")
        except TimeoutError:
            raise SubgraphTimeoutError("The subgraph did not answer in time.") from None
        except aiohttp.ClientError:
            raise SubgraphUnavailableError("The subgraph is not available.") from None

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        async with self._transport.session.post(
            self.url, data=body, headers=headers, allow_redirects=False, timeout=self._timeout
        ) as response:
            text = await self._read(response)
        return await self._transport.parse(text, response.status)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        encoding = response.headers.get("content-encoding", "identity").lower()
        declared = response.content_length
        if declared is not None and declared > self._max_bytes:
            raise _too_large()
        if encoding == "identity" and declared is not None:
            return await response.read()
        unpack = _unpacker(encoding)
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_chunked(_CHUNK):
            pending = chunk
            while pending:
                try:
                    unpacked = pending if unpack is None else unpack.decompress(pending, _STEP)
                except zlib.error:
                    raise SubgraphError("The subgraph's answer cannot be unpacked.", code=INVALID) from None
                size += len(unpacked)
                if size > self._max_bytes:
                    raise _too_large()
                chunks.append(unpacked)
                pending = b"" if unpack is None else unpack.unconsumed_tail
                if pending:
                    # What unpacks to very much must not keep everybody else waiting meanwhile.
                    await asyncio.sleep(0)
        return b"".join(chunks)


def _too_large() -> SubgraphError:
    return SubgraphError("The subgraph's answer is too large.", code="SUBGRAPH_RESPONSE_TOO_LARGE")


async def read_events(stream: aiohttp.StreamReader, limit: int) -> AsyncGenerator[tuple[str, bytes], None]:
    """Yield (event, data) of a stream of server-sent events; one event may hold `limit` bytes at most."""
    name, data, size = "message", bytearray(), 0
    pending = b""
    async for chunk in stream.iter_any():
        *lines, pending = (pending + chunk).replace(b"\r\n", b"\n").split(b"\n")
        for line in lines:
            size += len(line)
            if not line:
                if data or name != "message":
                    yield name, bytes(data)
                name, data, size = "message", bytearray(), 0
            elif line.startswith(b"event:"):
                name = line[6:].strip().decode(errors="replace")
            elif line.startswith(b"data:"):
                data += (b"\n" if data else b"") + line[5:].removeprefix(b" ")
        if size + len(pending) > limit:
            raise SubgraphError("The subgraph's event is too large.", code="SUBGRAPH_RESPONSE_TOO_LARGE")


def _unpacker(encoding: str) -> Any:
    match encoding:
        case "identity" | "":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        case _:
            raise SubgraphError("The subgraph's answer is in an encoding that was not asked for.", code=INVALID)


def _parse(text: bytes, status: int) -> Answer:
    """Return the GraphQL response in a body. A failing status is only an answer when it carries one."""
    try:
        answer = orjson.loads(text)
    except orjson.JSONDecodeError:
        answer = None
    if type(answer) is dict and ("data" in answer or "errors" in answer):
        return answer
    extensions = {"http": {"status": status}}
    if status in _UNAVAILABLE_STATUS:
        raise SubgraphUnavailableError("The subgraph is not available.", extensions=extensions)
    if status >= 300:
        raise SubgraphError(f"The subgraph answered with HTTP status {status}.", extensions=extensions)
    raise SubgraphError("The subgraph's answer is not a GraphQL response.", code=INVALID)
