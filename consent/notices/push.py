"""One delivery of a notice over HTTP (RFC 8935): where it may go, and what the receiver's answer means.

The receiver's name is resolved once, every address is judged, and the connection goes to one that was: the address
is in the URL, the name in `Host` and in the TLS handshake, where the certificate is checked against it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self
from urllib.parse import urlsplit

import httpx2

TIMEOUT: Final = 10.0
"""Seconds for one delivery, from resolving the name to the last byte of the answer."""

MAX_ANSWER: Final = 4_096
CONTENT_TYPE: Final = "application/secevent+jwt"

_REFUSALS: Final = frozenset(
    ["invalid_request", "invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed", "access_denied"]
)


@dataclass(frozen=True, slots=True)
class Taken:
    """The receiver has the notice (202)."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The receiver will never take it (400 with `err`, RFC 8935 §2.4). `code` is one of the RFC's, or `refused`."""

    code: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not work this time. `code` says why."""

    code: str


Outcome = Taken | Refused | Failed


class Push(Protocol):
    """Carries one notice to a receiver."""

    async def __call__(self, url: str, token: str) -> Outcome:
        """Deliver `token` to `url`. Raises nothing that a receiver can cause."""
        ...


class HttpPush:
    """Pushes over HTTPS to addresses that `may_reach` allows; over plain HTTP to loopback if that is allowed at all.

    Redirects are not followed, proxies and credentials of the environment not used. Use it as a context.
    """

    def __init__(self, may_reach: Callable[[str], bool], *, tls: ssl.SSLContext | None = None) -> None:
        """`may_reach` judges an IP address; `tls` says whom to trust, by default the usual authorities."""
        self._may_reach = may_reach
        self._client = httpx2.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            verify=tls or True,
            timeout=TIMEOUT,
            limits=httpx2.Limits(max_connections=64, max_keepalive_connections=0),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def __call__(self, url: str, token: str) -> Outcome:
        """Deliver `token` to `url`."""
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._deliver(url, token)
        except (TimeoutError, httpx2.TimeoutException):
            return Failed("timeout")
        except (OSError, ValueError, httpx2.HTTPError, httpx2.InvalidURL):
            return Failed("unreachable")

    async def _deliver(self, url: str, token: str) -> Outcome:
        parts = urlsplit(url)
        host = parts.hostname or ""
        address = await self._address(host, parts.port or (443 if parts.scheme == "https" else 80))
        if address is None or not (
            parts.scheme == "https" or (parts.scheme == "http" and ipaddress.ip_address(address).is_loopback)
        ):
            return Failed("address_refused")
        request = self._client.build_request(
            "POST",
            httpx2.URL(url).copy_with(host=address),
            content=token,
            headers={"Host": parts.netloc, "Content-Type": CONTENT_TYPE, "Accept": "application/json"},
            extensions={"sni_hostname": host},
        )
        response = await self._client.send(request, stream=True)
        try:
            match response.status_code:
                case 202:
                    return Taken()
                case 400:
                    return _refusal(await _read(response))
                case status:
                    return Failed(f"http_{status}")
        finally:
            await response.aclose()

    async def _address(self, host: str, port: int) -> str | None:
        """Return an address of `host`, or None if any of its addresses may not be reached."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(each[4][0]) for each in found]
        return addresses[0] if addresses and all(map(self._may_reach, addresses)) else None


async def _read(response: httpx2.Response) -> bytes | None:
    body = b""
    async for part in response.aiter_raw():
        body += part
        if len(body) > MAX_ANSWER:
            return None
    return body


def _refusal(body: bytes | None) -> Outcome:
    try:
        answer = json.loads(body or b"")
    except (ValueError, RecursionError):
        answer = None
    code = answer.get("err") if isinstance(answer, dict) else None
    if not isinstance(code, str):
        return Failed("http_400")
    return Refused(code if code in _REFUSALS else "refused")
