"""The seam between the engine and whatever answers for a subgraph.

The executor hands a `SubgraphCall` to a `Subgraph` and gets an `Answer`, a GraphQL response
object (`{"data": …, "errors": […], "extensions": …}`).
Subgraphs live in process (Strawberry, the connector runtime) or behind HTTP;
they satisfy the protocol structurally and never import this module.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Answer = Mapping[str, Any]
"""A GraphQL response: `data`, `errors`, `extensions`."""


LARGE = 1_000_000
"""Bytes from which an answer counts as large: working on it takes so long that others would notice."""


class LargeAnswer(dict[str, Any]):
    """A GraphQL response that took at least `LARGE` bytes."""


class Permit(Protocol):
    """The permission under which one entity is fetched: opaque to the engine, checked by whoever does I/O.

    Consent's leases satisfy it. A permit that has ended never becomes live again.
    """

    @property
    def ended(self) -> bool:
        """Whether the permission is gone. Check it before every upstream request."""
        ...

    def on_end(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` once (in the event loop's thread) when the permit ends; returns an unsubscriber."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgraphCall:
    """One request to one subgraph.

    `variables` holds the client's variables that the document uses and, for entity fetches,
    one list of representations per `_entities` field.
    `permits` has, for each such list (by variable name), one entry per representation, in order:
    the permit it is fetched under, or None where nothing selected needs one.
    `session` is whatever the server put into the request context: who asks, for what purpose.
    `deadline` is a reading of `asyncio`'s loop clock, in seconds.
    """

    document: str
    variables: Mapping[str, Any]
    session: Any
    permits: Mapping[str, Sequence[Permit | None]] = field(default_factory=dict)
    deadline: float | None = None


class Subgraph(Protocol):
    """One subgraph: its name, its SDL, and a way to execute documents against it."""

    @property
    def name(self) -> str:
        """The name under which it is composed."""
        ...

    @property
    def sdl(self) -> str:
        """Its SDL with federation directives, as the composer reads it."""
        ...

    async def execute(self, call: SubgraphCall) -> Answer:
        """Answer `call`.

        Field errors are returned in `errors`. An exception means that the whole call failed:
        the executor turns it into `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT` or `SUBGRAPH_ERROR` on the
        fields of this fetch alone (see `gateway.errors.SubgraphError`).
        """
        ...


class StreamingSubgraph(Subgraph, Protocol):
    """A subgraph whose subscription fields can be subscribed to."""

    def subscribe(self, call: SubgraphCall) -> AsyncGenerator[Answer, None]:
        """Answer `call` once for each event. Closing the generator ends the subscription.

        Raises `gateway.errors.SubgraphError` when the stream breaks.
        """
        ...
