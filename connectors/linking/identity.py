"""Whose account was linked: the identity requests of a connector, made with the fresh credential."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors.mapping import compile_selection
from connectors.runtime.endpoint import CompiledEndpoint
from connectors.schema.definition import Definition
from connectors.schema.variables import parse_mapping
from connectors.transport import Credential, Permit, Upstream, UpstreamMalformedError


class Identifier:
    """Makes a connector's identity requests."""

    def __init__(
        self, definition: Definition, upstream: Upstream, *, origin: str | None, clock: Callable[[], datetime]
    ) -> None:
        self._upstream = upstream
        self._clock = clock
        self._steps = [
            (
                CompiledEndpoint(identity.endpoint, definition.sources[identity.endpoint.source], origin=origin),
                compile_selection(parse_mapping(identity.selection)),
            )
            for identity in definition.linking.identity
        ]

    async def identify(
        self,
        credential: Credential,
        *,
        permit: Permit,
        config: Mapping[str, Any],
        given: Mapping[str, Any] | None = None,
    ) -> tuple[str, Mapping[str, Any]]:
        """Return the platform's id of the account, and all facts; `given` are facts known beforehand.

        Raises `UpstreamError`.
        """
        facts: dict[str, Any] = dict(given or {})
        for endpoint, mapper in self._steps:
            variables = {"$account": facts, "$config": config, "$page": {}}
            response = await self._upstream.send(endpoint.request(variables), permit=permit, credential=credential)
            value, _ = mapper(endpoint.read(response, at=self._clock()).body, variables)
            if isinstance(value, dict):
                facts |= {name: _plain(each) for name, each in value.items() if each is not None}
        reference = facts.get("reference")
        if not isinstance(reference, str | int) or isinstance(reference, bool) or reference == "":
            raise UpstreamMalformedError("The platform does not say whose account this is.")
        return str(reference), facts


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | bool | None) else str(value)
