"""Keeps link attempts, bound to the worker who began them, redeemable once and for ten minutes.

All functions block; call them in a thread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete
from sqlmodel import insert

from connectors.accounts.vault import Vault
from connectors.linking.models import LinkAttempt

_LIFETIME = timedelta(minutes=10)
_TABLE = LinkAttempt.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A redeemed attempt."""

    platform: str
    verifier: str | None = field(repr=False)
    return_to: str | None


class AttemptStore:
    """Link attempts in the database."""

    def __init__(self, engine: Engine, vault: Vault, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._vault = vault
        self._clock = clock

    def keep(self, state: str, *, worker_id: str, platform: str, verifier: str | None, return_to: str | None) -> None:
        """Remember an attempt under its state, and forget those that have expired."""
        digest, now = _digest(state), self._clock()
        sealed = self._vault.seal(verifier.encode(), _context(digest)) if verifier is not None else None
        with self._engine.begin() as connection:
            connection.execute(delete(LinkAttempt).where(_TABLE.c.expires_at < now))
            connection.execute(
                insert(LinkAttempt).values(
                    state_digest=digest,
                    worker_id=worker_id,
                    platform=platform,
                    verifier=sealed,
                    return_to=return_to,
                    expires_at=now + _LIFETIME,
                )
            )

    def redeem(self, state: str, *, worker_id: str, platform: str) -> Attempt | None:
        """Take an attempt out; None when this worker has no live attempt at this platform under this state."""
        digest = _digest(state)
        with self._engine.begin() as connection:
            row = connection.execute(
                delete(LinkAttempt)
                .where(
                    _TABLE.c.state_digest == digest,
                    _TABLE.c.worker_id == worker_id,
                    _TABLE.c.platform == platform,
                    _TABLE.c.expires_at >= self._clock(),
                )
                .returning(_TABLE.c.verifier, _TABLE.c.return_to)
            ).one_or_none()
        if row is None:
            return None
        verifier = self._vault.open(row.verifier, _context(digest)).decode() if row.verifier is not None else None
        return Attempt(platform=platform, verifier=verifier, return_to=row.return_to)


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def _context(digest: str) -> str:
    return f"link_attempt:{digest}"
