"""Whose account was linked: the identity requests of a connector, made with the fresh credential."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.mapping import compile_selection
from connectors.runtime.endpoint import CompiledEndpoint
from connectors.schema.definition import Definition, Search
from connectors.schema.variables import parse_mapping
from connectors.transport import AccountCredential, Permit, Upstream, UpstreamError, UpstreamMalformedError


class NobodyError(UpstreamMalformedError):
    """The platform does not say whose account this is, or knows nobody under what was claimed."""


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
                identity.search,
            )
            for identity in definition.linking.identity
        ]

    async def identify(
        self,
        credential: AccountCredential,
        *,
        permit: Permit,
        config: Mapping[str, Any],
        given: Mapping[str, Any] | None = None,
    ) -> tuple[str, Mapping[str, Any]]:
        """Return the platform's id of the account, and all facts; `given` are facts known beforehand.

        Raises `UpstreamError`, with a note that names the request.
        """
        facts: dict[str, Any] = dict(given or {})
        for endpoint, mapper, search in self._steps:
            for page in _pages(search):
                variables = {"$account": facts, "$config": config, "$page": page}
                try:
                    fetched = await endpoint.fetch(
                        self._upstream, variables, permit=permit, credential=credential, clock=self._clock
                    )
                except UpstreamError as error:
                    error.add_note(f"identity request {endpoint.place}")
                    raise
                body = fetched.body
                value, _ = mapper(body, {**variables, **fetched.said})
                if isinstance(value, dict):
                    facts |= {name: _plain(each) for name, each in value.items() if each is not None}
                if search is None or "reference" in facts or _is_last(search, body):
                    break
        reference = facts.get("reference")
        if not isinstance(reference, str | int) or isinstance(reference, bool) or reference == "":
            raise NobodyError("The platform does not say whose account this is.")
        return str(reference), facts


def _pages(search: Search | None) -> Iterator[Mapping[str, Any]]:
    if search is None:
        yield {}
        return
    for number in range(search.most):
        yield {"offset": number * search.size, "limit": search.size}


def _is_last(search: Search, body: Any) -> bool:
    records, _ = compile_selection(parse_mapping(search.records))(body, {})
    return not isinstance(records, int) or records < search.size


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | bool | None) else str(value)
