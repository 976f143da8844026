"""Profiles at rest: one for each grant that lets an actor find a worker, encrypted, and never stored after its end.

`store` checks the grant and the accounts in the transaction that writes, so a vector that was worked out while the
grant ended, or while an account was unlinked, is not written. `triggers` deletes what has been written before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, insert, select
from sqlmodel import col

from graph.finding.consents import Consents, FindableGrant, Vault
from graph.finding.tables import MatchingChange, MatchingPool, MatchingVector
from graph.matching.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What has become of one grant's vector: None when it is gone, or cannot be opened."""

    grant_id: str
    worker_id: str
    expires_at: datetime | None
    profile: Profile | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All changes of one pool since a version, and the version that they lead to."""

    version: int
    changes: Sequence[Change]


class VectorStore:
    """Reads and writes vectors."""

    def __init__(self, engine: Engine, vault: Vault, consents: Consents) -> None:
        self._engine = engine
        self._vault = vault
        self._consents = consents

    def store(self, grant: FindableGrant, profile: Profile, *, accounts: Collection[str], now: datetime) -> bool:
        """Write what was derived under a grant from these accounts; false when they are not what stands any more."""
        sealed = self._vault.seal(profile.to_bytes(), context_of(grant.grant_id))
        with self._engine.begin() as connection:
            if not self._consents.holds(connection, grant, accounts):
                return False
            connection.execute(delete(MatchingVector).where(col(MatchingVector.grant_id) == grant.grant_id))
            connection.execute(
                insert(MatchingVector).values(
                    grant_id=grant.grant_id,
                    worker_id=grant.worker_id,
                    actor_id=grant.actor_id,
                    purpose=grant.purpose,
                    expires_at=grant.expires_at,
                    computed_at=now,
                    sealed=sealed,
                )
            )
        return True

    def of_worker(self, worker_id: str) -> Sequence[tuple[str, datetime, Profile]]:
        """Return what is kept of a worker: grant, when it was worked out, and the profile."""
        query = (
            select(col(MatchingVector.grant_id), col(MatchingVector.computed_at), col(MatchingVector.sealed))
            .where(col(MatchingVector.worker_id) == worker_id)
            .order_by(col(MatchingVector.grant_id))
        )
        with self._engine.execution_options(read_only=True).connect() as connection:
            rows = connection.execute(query).all()
        opened = ((row.grant_id, row.computed_at, self._opened(row.grant_id, row.sealed)) for row in rows)
        return [(grant_id, at, profile) for grant_id, at, profile in opened if profile is not None]

    def version(self, actor_id: str, purpose: str) -> int:
        """Return the number of the last change of a pool."""
        with self._engine.execution_options(read_only=True).connect() as connection:
            found = connection.execute(
                select(col(MatchingPool.version)).where(
                    col(MatchingPool.actor_id) == actor_id, col(MatchingPool.purpose) == purpose
                )
            ).scalar_one_or_none()
        return found or 0

    def since(self, actor_id: str, purpose: str, version: int) -> Changes:
        """Return what has changed in a pool after a version. The row lock of the pool puts changes in order."""
        query = (
            select(
                col(MatchingChange.grant_id),
                col(MatchingChange.version),
                col(MatchingVector.worker_id),
                col(MatchingVector.expires_at),
                col(MatchingVector.sealed),
            )
            .outerjoin(MatchingVector, col(MatchingVector.grant_id) == col(MatchingChange.grant_id))
            .where(
                col(MatchingChange.actor_id) == actor_id,
                col(MatchingChange.purpose) == purpose,
                col(MatchingChange.version) > version,
            )
            .order_by(col(MatchingChange.version))
        )
        with self._engine.execution_options(read_only=True).connect() as connection:
            rows = connection.execute(query).all()
        return Changes(
            version=max((row.version for row in rows), default=version),
            changes=[
                Change(
                    grant_id=row.grant_id,
                    worker_id=row.worker_id or "",
                    expires_at=row.expires_at,
                    profile=None if row.sealed is None else self._opened(row.grant_id, row.sealed),
                )
                for row in rows
            ],
        )

    def _opened(self, grant_id: str, sealed: bytes) -> Profile | None:
        """Open a vector; one of another format, or that was tampered with, is as good as none."""
        try:
            return Profile.from_bytes(self._vault.open(sealed, context_of(grant_id)))
        except Exception:
            return None


def context_of(grant_id: str) -> str:
    """Return what a vector's ciphertext is bound to."""
    return f"matching:vector:{grant_id}"
