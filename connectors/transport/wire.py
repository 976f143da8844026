"""One HTTP exchange over aiohttp: no redirects, no cookies, no proxies from the environment, bounded bodies."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

import aiohttp

from connectors.transport.address import AddressRefusedError, JudgingResolver, Reach, check_url
from connectors.transport.failure import (
    UpstreamMalformedError,
    UpstreamTimeoutError,
    UpstreamUnavailableError,
)
from connectors.transport.message import UpstreamRequest, UpstreamResponse

_USER_AGENT = "gigway-connectors/1"
_CHUNK = 65_536


class Wire:
    """The connection pools of one process, one per reach. Use as an async context manager, or `close` it."""

    def __init__(self, *, connections: int = 256) -> None:
        self._connections = connections
        self._sessions: dict[Reach, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        """Return itself; sessions are opened when they are first needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()

    async def exchange(
        self,
        request: UpstreamRequest,
        *,
        reach: Reach,
        seconds: float,
        body_bytes: int,
    ) -> UpstreamResponse:
        """Send `request` and return the whole answer, whatever its status.

        `seconds` covers everything, the body included. Raises `UpstreamUnavailableError`, `UpstreamTimeoutError`,
        `UpstreamMalformedError`.
        """
        check_url(request.url, reach)
        session = self._session(reach)
        try:
            async with (
                asyncio.timeout(seconds),
                session.request(
                    request.method,
                    request.url,
                    headers=request.headers,
                    data=request.body,
                    allow_redirects=False,
                ) as response,
            ):
                body = await _read(response, body_bytes)
                return UpstreamResponse(
                    status=response.status,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=body,
                )
        except TimeoutError:
            raise UpstreamTimeoutError("The platform did not answer in time.") from None
        except aiohttp.ClientPayloadError:
            raise UpstreamMalformedError("The platform's answer broke off.") from None
        except aiohttp.ClientConnectorDNSError as error:
            if isinstance(error.os_error, AddressRefusedError):
                raise UpstreamMalformedError("The platform's host is not at a public address.") from None
            raise UpstreamUnavailableError("The platform's host cannot be found.") from None
        except (aiohttp.ClientError, OSError):
            raise UpstreamUnavailableError("The platform cannot be reached.") from None
        except ValueError:
            raise UpstreamMalformedError("The request or its answer is not valid HTTP.") from None

    def _session(self, reach: Reach) -> aiohttp.ClientSession:
        session = self._sessions.get(reach)
        if session is None:
            session = self._sessions[reach] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=JudgingResolver(reach),
                    limit=self._connections,
                    ttl_dns_cache=30,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": _USER_AGENT, "Accept": "application/json"},
                timeout=aiohttp.ClientTimeout(total=None),
                trust_env=False,
                max_line_size=16_384,
                max_field_size=16_384,
            )
        return session


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Read a body of at most `most` bytes, counted after decompression."""
    announced = response.content_length
    if announced is not None and announced > most:
        raise UpstreamMalformedError("The platform's answer is too large.")
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_chunked(_CHUNK):
        size += len(part)
        if size > most:
            response.close()
            raise UpstreamMalformedError("The platform's answer is too large.")
        parts.append(part)
    return b"".join(parts)
