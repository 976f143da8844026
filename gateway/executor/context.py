"""What one request brings to the execution of a plan, and what comes out of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from gateway.errors import GraphQLErrorDict
from gateway.executor.hooks import Gate, GateDecision, GateRequest, Sealer
from gateway.executor.permits import Closing, close_permits
from gateway.subgraph import Permit, Subgraph


class AllowAll:
    """A gate that lets everything pass: for graphs whose scopes are enforced statically alone.

    It must be asked for by name; without any gate, scoped fields are denied.
    """

    async def acquire(self, requests: Sequence[GateRequest], session: Any) -> Sequence[GateDecision]:
        """Allow every scope, under no permit."""
        return [GateDecision(allowed=request.scopes) for request in requests]

    async def release(
        self, permits: object, session: Any, disclosed: Mapping[Permit, Mapping[str, int]]
    ) -> Mapping[Permit, frozenset[str]]:
        """Nothing was permitted, so nothing has ended."""
        return {}

    async def acknowledge(self, permits: object, session: Any) -> None:
        """Nothing to close."""


Shape = Callable[[], "dict[str, Any] | None"]
"""Shapes the data of one answer, and may be called in any thread."""

ALLOW_ALL: Final = AllowAll()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """Everything about a request that a plan does not hold.

    `subgraphs` are those of the supergraph version that the plan was made for.
    `variables` are coerced. `introspection` answers the plan's `__schema` and `__type` fields by response key.
    `deadline` is a reading of the event loop's clock. `known_errors` stand in the answer from the start.
    `aside` shapes large answers where others do not have to wait for them.
    """

    subgraphs: Mapping[str, Subgraph]
    variables: Mapping[str, Any] = field(default_factory=dict)
    session: Any = None
    gate: Gate | None = None
    sealer: Sealer | None = None
    deadline: float | None = None
    introspection: Mapping[str, Any] = field(default_factory=dict)
    max_errors: int = 500
    max_response_bytes: int = 50_000_000
    known_errors: Sequence[GraphQLErrorDict] = ()
    aside: Callable[[Shape], Awaitable[dict[str, Any] | None]] | None = None


class ExecutionResult:
    """The answer to one operation, and the permits that stay open until it is with the socket.

    Whoever gets one must call `acknowledge` once the body has been handed over, or been dropped.
    `cut` is where the client reads what the gate refused; within a list, without the elements' numbers.
    `has_next` is set when an answer is delivered in several parts; `incremental` holds what a later part brings.
    """

    __slots__ = ("_gate", "_permits", "_session", "cut", "data", "errors", "extensions", "has_next", "incremental")

    def __init__(
        self,
        data: dict[str, Any] | None,
        errors: list[GraphQLErrorDict],
        extensions: dict[str, Any],
        gate: Gate | None = None,
        permits: tuple[Permit, ...] = (),
        session: Any = None,
        has_next: bool | None = None,
        incremental: list[dict[str, Any]] | None = None,
    ) -> None:
        self.cut: Sequence[Sequence[str | int]] = ()
        self.has_next = has_next
        self.incremental = incremental
        self.data = data
        self.errors = errors
        self.extensions = extensions
        self._gate = gate
        self._permits = permits
        self._session = session

    @property
    def body(self) -> bytes:
        """The GraphQL response as JSON."""
        response: dict[str, Any] = {}
        if self.incremental is None:
            response["data"] = self.data
        else:
            response["incremental"] = self.incremental
        if self.errors:
            response["errors"] = self.errors
        if self.extensions:
            response["extensions"] = self.extensions
        if self.has_next is not None:
            response["hasNext"] = self.has_next
        try:
            return orjson.dumps(response, default=str)
        except TypeError:  # an integer beyond 64 bits, in a custom scalar of a subgraph in this process
            return json.dumps(response, default=str).encode()

    @property
    def permits(self) -> tuple[Permit, ...]:
        """The permits that are still open."""
        return self._permits

    def acknowledge(self) -> Closing:
        """Close the permits of this answer. Idempotent; finishes even when the caller is cancelled or does not wait."""
        permits, self._permits = self._permits, ()
        return close_permits(self._gate, permits, self._session)
