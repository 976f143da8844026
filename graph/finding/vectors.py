"""Profiles at rest: one for each grant that lets an actor find a worker, encrypted, and never stored after its end.

`store` checks the grant and the accounts in the transaction that writes, so a vector that was worked out while the
grant ended, or while an account was unlinked, is not written. `triggers` deletes what has been written before.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, Select, delete, func, insert, select
from sqlmodel import col

from graph.finding.consents import Consents, FindableGrant, Vault
from graph.finding.tables import MatchingChange, MatchingPool, MatchingVector
from graph.matching.profile import Profile


@dataclass(frozen=True, slots=True)
class Packed:
    """A profile as few bytes, and the way back: what a process keeps of each of very many."""

    data: bytes

    @classmethod
    def of(cls, profile: Profile) -> Packed:
        """Pack a profile."""
        return cls(zlib.compress(profile.to_bytes(), 1))

    def profile(self) -> Profile:
        """Unpack it. Raises `ValueError` or `zlib.error` for what is none."""
        return Profile.from_bytes(zlib.decompress(self.data))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What has become of one grant's vector: None when it is gone, or cannot be opened."""

    grant_id: str
    worker_id: str
    expires_at: datetime | None
    packed: Packed | None
    profile: Profile | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The next changes of one pool after a version, and the version that they lead to."""

    version: int
    changes: Sequence[Change]
    is_all: bool
    """Whether there were no more when they were read."""


class VectorStore:
    """Reads and writes vectors."""

    def __init__(self, engine: Engine, vault: Vault, consents: Consents) -> None:
        self._engine = engine
        self._vault = vault
        self._consents = consents

    def store(self, grant: FindableGrant, profile: Profile, *, accounts: Collection[str], now: datetime) -> bool:
        """Write what was derived under a grant from these accounts; false when they are not what stands any more."""
        sealed = self.seal(grant.grant_id, profile)
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
        opened = ((row.grant_id, row.computed_at, self._opened(row.grant_id, row.sealed)[1]) for row in rows)
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

    def outstanding(self, actor_id: str, purpose: str, version: int, *, most: int) -> int:
        """Return how many grants of a pool have changed after a version; `most` when there are so many or more."""
        query = _changed(actor_id, purpose, version).limit(most).subquery()
        with self._engine.execution_options(read_only=True).connect() as connection:
            return connection.execute(select(func.count()).select_from(query)).scalar_one()

    def since(self, actor_id: str, purpose: str, version: int, *, most: int) -> Changes:
        """Return the next changes of a pool, in their order, which the row lock of the pool has given them."""
        query = (
            _changed(actor_id, purpose, version)
            .add_columns(col(MatchingVector.worker_id), col(MatchingVector.expires_at), col(MatchingVector.sealed))
            .outerjoin(MatchingVector, col(MatchingVector.grant_id) == col(MatchingChange.grant_id))
            .order_by(col(MatchingChange.version))
            .limit(most)
        )
        with self._engine.execution_options(read_only=True).connect() as connection:
            rows = connection.execute(query).all()
        return Changes(
            version=max((row.version for row in rows), default=version),
            changes=[self._change(row.grant_id, row.worker_id or "", row.expires_at, row.sealed) for row in rows],
            is_all=len(rows) < most,
        )

    def seal(self, grant_id: str, profile: Profile) -> bytes:
        """Return what is written of a grant's profile."""
        return self._vault.seal(Packed.of(profile).data, context_of(grant_id))

    def _change(self, grant_id: str, worker_id: str, expires_at: datetime | None, sealed: bytes | None) -> Change:
        packed, profile = (None, None) if sealed is None else self._opened(grant_id, sealed)
        return Change(grant_id=grant_id, worker_id=worker_id, expires_at=expires_at, packed=packed, profile=profile)

    def _opened(self, grant_id: str, sealed: bytes) -> tuple[Packed, Profile] | tuple[None, None]:
        """Open a vector; one of another format, or that was tampered with, is as good as none."""
        try:
            packed = Packed(self._vault.open(sealed, context_of(grant_id)))
            return packed, packed.profile()
        except Exception:
            return None, None


def _changed(actor_id: str, purpose: str, version: int) -> Select[str, int]:
    return select(col(MatchingChange.grant_id), col(MatchingChange.version)).where(
        col(MatchingChange.actor_id) == actor_id,
        col(MatchingChange.purpose) == purpose,
        col(MatchingChange.version) > version,
    )


def context_of(grant_id: str) -> str:
    """Return what a vector's ciphertext is bound to."""
    return f"matching:vector:{grant_id}"
