"""What the embedding application can hook into the engine: a gate before every fetch, a sealer of ids.

The engine knows nothing of consent. It tells the gate, for every entity of every ready fetch, which scopes are about
to be disclosed, obeys the decision, and asks once more immediately before the answer leaves.
A refusal is a value (`Denial`); an exception in a gate denies everything that it was asked for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.subgraph import Permit


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """Why a scope was refused: what the client reads as an error on the fields that were cut."""

    code: str
    message: str
    extensions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class GateRequest:
    """One entity of one ready fetch. Never changed once it is made.

    `typename` and `key` identify the entity (its `@key` fields only); both None for a root fetch.
    `scopes` is the disclosure set of this fetch for this entity: every scope of what is selected and sent.
    `inherited` are the permits of the fetches that its inputs came from.
    """

    subgraph: str
    typename: str | None
    key: Mapping[str, Any] | None
    scopes: frozenset[str]
    inherited: tuple[Permit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecision:
    """What the gate says: scopes that are allowed under `permit`, and the others with a reason each.

    A scope that is in neither is denied with `CONSENT_UNDECIDED`.
    """

    permit: Permit | None = None
    allowed: frozenset[str] = frozenset()
    denied: Mapping[str, Denial] = field(default_factory=dict)


class Gate(Protocol):
    """Decides on every fetch, and again at release. One instance serves all requests.

    Decisions may be of the gate's own making as long as they are shaped like `GateDecision` and `Denial`;
    permits are those that it handed out itself.
    """

    def acquire(self, requests: Sequence[GateRequest], session: Any) -> Awaitable[Sequence[Any]]:
        """Decide on `requests`, in order. Called once per ready fetch with at least one scope in it.

        A coroutine is never cancelled. A future costs less, and is cancelled with the request: then the gate itself
        closes what it would have permitted.
        """
        ...

    async def release(
        self, permits: Collection[Any], session: Any, disclosed: Mapping[Any, Mapping[str, int]]
    ) -> Mapping[Any, frozenset[str]]:
        """Re-check `permits` in one transaction immediately before the answer is handed over, and record the access.

        `disclosed` counts, per permit and scope, the entities in the answer. Returns the permits under which
        scopes have ended meanwhile; the executor takes their data, and what was computed from it, out of
        the answer. Permits stay open until `acknowledge`.
        """
        ...

    def acknowledge(self, permits: Collection[Any], session: Any) -> Awaitable[None]:
        """Close `permits`: the bytes are with the socket, or the data was dropped.

        It is never cancelled, coroutine or future. Not everybody waits for it.
        """
        ...


class Sealer(Protocol):
    """Turns internal ids into ids for this client, and back, at coordinates marked with one directive."""

    @property
    def directive(self) -> str:
        """The directive's name in the supergraph, without `@`."""
        ...

    def seal(self, value: str, session: Any) -> str:
        """Return the client's id for the internal `value`."""
        ...

    def unseal(self, value: str, session: Any) -> str:
        """Return the internal id; a value that is not one of this client's ids becomes one that matches nothing."""
        ...
