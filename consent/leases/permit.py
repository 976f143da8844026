"""A permit: the leases under which one entity is fetched, as the executor and the connectors see them.

`open ──stop, expiry or failure──► ended`, and independently `open ──acknowledge──► closed` (its rows are deleted).
A permit that has ended stays so. The permit of what is computed from other permits' data ends with any of them,
and they stay open in the database until it is closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime

from consent.leases.decision import Asker, Reason
from consent.values import hot_value


@hot_value
class LeaseTerms:
    """What equal leases have in common, whichever request they are for. Never changed once it is made.

    `client_ids` are the asker's and the grant's client. `categories` may be read; `logged` are those that rows and the
    worker's log name for them, the same but for what is read to count (`counting.py`). `listed` is how a row has them.
    """

    grant_id: str | None
    worker_id: str
    actor_id: str | None
    client_ids: tuple[str | None, ...]
    account_id: str | None
    platform: str
    categories: frozenset[str]
    logged: frozenset[str]
    expires_at: datetime | None
    listed: str = field(init=False)

    def __post_init__(self) -> None:
        """Work out what every row needs."""
        object.__setattr__(self, "listed", " ".join(sorted(self.logged)))

    def has_expired(self, now: datetime) -> bool:
        """Whether the grant has run out."""
        return self.expires_at is not None and self.expires_at <= now

    def is_stopped_by(self, kind: str, ref: str) -> bool:
        """Whether a stop notice ends this lease; one of an unknown kind ends every lease."""
        match kind:
            case "grant":
                return self.grant_id == ref
            case "account":
                return self.account_id == ref
            case "platform":
                return self.platform == ref
            case "client":
                return ref in self.client_ids
            case "worker":
                return self.worker_id == ref
            case "actor":
                return self.actor_id == ref
            case _:
                return True


@hot_value
class Lease:
    """One row of `fetch_lease` as its own process knows it."""

    id: int
    terms: LeaseTerms


class LeasePermit:
    """Satisfies the engine's `Permit`. Made and ended by the lease keeper's thread, used in the event loop."""

    __slots__ = (
        "_callbacks",
        "_loop",
        "asker",
        "categories",
        "children",
        "closing",
        "ended",
        "leases",
        "logged",
        "parents",
    )

    def __init__(
        self,
        asker: Asker,
        leases: tuple[Lease, ...],
        parents: tuple[LeasePermit, ...],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.asker = asker
        self.leases = leases
        self.categories = (
            leases[0].terms.categories
            if len(leases) == 1
            else frozenset[str]().union(*(lease.terms.categories for lease in leases))
        )
        """All that may be read under this permit."""
        self.parents = parents
        self.children = 0
        self.closing = False
        self.logged = False
        self.ended = False
        self._loop = loop
        self._callbacks: dict[object, Callable[[], None]] = {}

    def __repr__(self) -> str:
        return f"<LeasePermit {[lease.id for lease in self.leases]} {'ended' if self.ended else 'open'}>"

    def on_end(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` once, in the loop's thread, when the permit ends, or soon if it has; returns its removal."""
        key = object()
        self._callbacks[key] = callback
        if self.ended:
            self._loop.call_soon(self._run, key)
        return lambda: self._forget(key)

    def end(self) -> None:
        """End it. Only the lease keeper calls this, from its own thread."""
        if not self.ended:
            self.ended = True
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._run_all)

    def _run_all(self) -> None:
        for key in list(self._callbacks):
            self._run(key)

    def _run(self, key: object) -> None:
        callback = self._callbacks.pop(key, None)
        if callback is not None:
            callback()

    def _forget(self, key: object) -> None:
        self._callbacks.pop(key, None)


@hot_value
class Answer:
    """What came of one question: the permit for what is allowed, and a reason for each category that is not."""

    permit: LeasePermit | None
    allowed: frozenset[str]
    denied: Mapping[str, Reason]


@hot_value
class Disclosure:
    """What of one permit's data is in the answer: entities counted by category."""

    permit: LeasePermit
    records: Mapping[str, int]
