"""Faults made on the way to a platform's own sandbox, which has no switches for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.transport import UpstreamRequest, UpstreamResponse, UpstreamUnavailableError, Wire
from connectors.transport.address import Reach

FAULTS_ON_THE_WAY = frozenset({"platform off", "server errors", "throttled", "body malformed", "redirect"})
"""The faults that can be made between Gigway and the platform."""


class FaultyWire(Wire):
    """A wire whose answers go wrong as `switches` (those of the sandbox) say."""

    def __init__(self) -> None:
        super().__init__()
        self.switches: Mapping[str, Any] = {}
        self._first: UpstreamResponse | None = None

    def switch(self, switches: Mapping[str, Any]) -> None:
        """Make these faults, and no others, from now on."""
        self.switches, self._first = switches, None

    async def exchange(
        self, request: UpstreamRequest, *, reach: Reach, seconds: float, body_bytes: int
    ) -> UpstreamResponse:
        """Send `request`, unless a fault answers in the platform's place."""
        switches = self.switches
        if switches.get("on") is False:
            raise UpstreamUnavailableError("The platform cannot be reached.")
        if switches.get("error_rate"):
            return UpstreamResponse(status=500, headers={}, body=b"")
        if switches.get("throttle"):
            return UpstreamResponse(status=429, headers={}, body=b"")
        if switches.get("redirect_to"):
            return UpstreamResponse(status=302, headers={"location": switches["redirect_to"]}, body=b"")
        if switches.get("stuck") and self._first is not None:
            return self._first
        response = await super().exchange(request, reach=reach, seconds=seconds, body_bytes=body_bytes)
        if switches.get("malformed"):
            return UpstreamResponse(
                status=response.status, headers=response.headers, body=response.body[: len(response.body) // 2]
            )
        self._first = response
        return response
