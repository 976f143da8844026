"""The permits that this process holds open, and what happens to them. Used by the lease keeper's thread only.

Stops, expiry and the end of an input end permits; acknowledgement closes them. A closed permit's rows are in
`unclosed` until the database has deleted them, and what it has yet to tell the log is in `unlogged`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.leases.permit import Lease, LeasePermit


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A lease that was closed without its data having been handed over."""

    permit: LeasePermit
    lease: Lease
    reason: str


class LeaseBook:
    """Open permits (`opened`) and what is due for them."""

    def __init__(self) -> None:
        self.opened: set[LeasePermit] = set()
        self._next_expiry: datetime | None = None
        self.unclosed: list[int] = []
        self.unlogged: list[Undelivered] = []

    def __len__(self) -> int:
        return len(self.opened)

    @property
    def has_debts(self) -> bool:
        """Whether the database still has to be told something."""
        return bool(self.unclosed or self.unlogged)

    def open(self, permit: LeasePermit) -> None:
        """Note a permit whose leases were committed."""
        self.opened.add(permit)
        for parent in permit.parents:
            parent.children += 1
        for lease in permit.leases:
            expires_at = lease.terms.expires_at
            if expires_at is not None and (self._next_expiry is None or expires_at < self._next_expiry):
                self._next_expiry = expires_at

    def close(self, permit: LeasePermit) -> None:
        """Mark `permit` as done; its rows go when nothing computed from its data is open any more."""
        permit.closing = True
        if permit.children or permit not in self.opened:
            return
        self.opened.discard(permit)
        self.unclosed += [lease.id for lease in permit.leases]
        if not permit.logged:
            permit.logged = True
            reason = "DISCARDED" if permit.ended else "NOT_DELIVERED"
            self.unlogged += [Undelivered(permit, lease, reason) for lease in permit.leases]
        for parent in permit.parents:
            parent.children -= 1
            if parent.closing:
                self.close(parent)

    def settle(self) -> None:
        """Forget the debts: they were committed."""
        self.unclosed.clear()
        self.unlogged.clear()

    def stop(self, stops: Sequence[tuple[str, str]]) -> None:
        """End what the notices concern."""
        if stops:
            self._end(
                permit
                for permit in self.opened
                if any(lease.terms.is_stopped_by(kind, ref) for kind, ref in stops for lease in permit.leases)
            )

    def expire(self, now: datetime) -> None:
        """End what has run out."""
        if self._next_expiry is None or now < self._next_expiry:
            return
        running = [
            lease.terms.expires_at
            for permit in self.opened
            for lease in permit.leases
            if lease.terms.expires_at is not None and not lease.terms.has_expired(now)
        ]
        self._next_expiry = min(running, default=None)
        self._end(permit for permit in self.opened if any(lease.terms.has_expired(now) for lease in permit.leases))

    def end_all(self) -> None:
        """End everything: nobody vouches for it any more."""
        self._end(self.opened)

    def abandon(self) -> None:
        """End everything and forget it: the leases went with the proof that this process lives."""
        self.end_all()
        self.opened.clear()
        self.unclosed.clear()

    def close_all(self) -> None:
        """Close everything, whatever is computed from it."""
        for permit in list(self.opened):
            permit.children = 0
            self.close(permit)

    def _end(self, permits: Iterable[LeasePermit]) -> None:
        """End `permits` and what was computed from their data, to any depth."""
        ended = False
        for permit in permits:
            ended = ended or not permit.ended
            permit.end()
        while ended:
            heirs = [
                permit for permit in self.opened if not permit.ended and any(parent.ended for parent in permit.parents)
            ]
            for permit in heirs:
                permit.end()
            ended = bool(heirs)
