"""Which hosts may be reached: public addresses over https, or, for the sandbox alone, loopback.

Names are resolved once per connection and the connection goes to the very address that was judged, so that a name
cannot change its mind in between (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from enum import Enum
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

from connectors.transport.failure import UpstreamUnavailableError


class Reach(Enum):
    """What a connection may go to."""

    PUBLIC = "public"
    LOOPBACK = "loopback"


class AddressRefusedError(OSError):
    """A host is not one that may be reached."""


def check_url(url: str, reach: Reach) -> None:
    """Raise `UpstreamUnavailableError` when `url` is not one that may be called at all."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise UpstreamUnavailableError("The address cannot be read.") from None
    schemes = {"https"} if reach is Reach.PUBLIC else {"http", "https"}
    if parts.scheme not in schemes or not host or parts.username is not None:
        raise UpstreamUnavailableError("The address is not one that connectors may call.")
    literal = _literal(host)
    if literal is not None and not is_allowed(literal, reach):
        raise UpstreamUnavailableError("The address is not one that connectors may call.")


def is_allowed(address: str, reach: Reach) -> bool:
    """Whether a connection may go to this IP address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        embedded = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if embedded is not None:
            return is_allowed(str(embedded), reach)
    if reach is Reach.LOOPBACK:
        return ip.is_loopback
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _REFUSED)


_REFUSED = tuple(
    map(
        ipaddress.ip_network,
        (
            # IPv6 that stands for IPv4: NAT64 (RFC 6052, RFC 8215), and what was called IPv4-compatible
            *("64:ff9b::/96", "64:ff9b:1::/48", "::/96"),
            # where clouds answer their machines at addresses that look public
            *("168.63.129.16/32", "192.0.0.0/24"),
        ),
    )
)
"""Refused beside what is private, link-local, shared or reserved anyway."""


class JudgingResolver(AbstractResolver):
    """Resolves names and keeps the addresses that may be reached; a name with any other is refused whole."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of `host`. Raises `AddressRefusedError`."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        results: list[ResolveResult] = []
        for each_family, _, proto, _, address in found:
            ip = str(address[0])
            if not is_allowed(ip, self._reach):
                raise AddressRefusedError(f"{host} is not at an address that connectors may reach")
            results.append(
                ResolveResult(
                    hostname=host,
                    host=ip,
                    port=port,
                    family=each_family,
                    proto=proto,
                    flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
                )
            )
        if not results:
            raise AddressRefusedError(f"{host} has no address")
        return results

    async def close(self) -> None:
        """Nothing to close."""


def _literal(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return None
