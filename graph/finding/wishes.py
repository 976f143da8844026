"""What workers want of work, at rest: encrypted, theirs, and gone with them.

Saving makes the worker's vectors due at once, so that what they no longer want is not long ranked by.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import orjson
from sqlalchemy import Engine, delete, insert, select, update
from sqlmodel import col

from graph.finding.consents import Vault
from graph.finding.tables import MatchingTask, MatchingWishes
from graph.matching.preferences import PLAIN, Preferences


class WishStore:
    """Keeps one `Preferences` for each worker."""

    def __init__(self, engine: Engine, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._vault = vault
        self._clock = clock

    def of(self, worker_id: str) -> Preferences:
        """Return a worker's wishes; nothing said when there are none."""
        with self._engine.execution_options(read_only=True).connect() as connection:
            sealed = connection.execute(
                select(col(MatchingWishes.sealed)).where(col(MatchingWishes.worker_id) == worker_id)
            ).scalar_one_or_none()
        if sealed is None:
            return PLAIN
        return Preferences.from_json(orjson.loads(self._vault.open(sealed, _context(worker_id))))

    def save(self, worker_id: str, preferences: Preferences) -> None:
        """Replace a worker's wishes."""
        sealed, now = self._vault.seal(orjson.dumps(preferences.to_json()), _context(worker_id)), self._clock()
        with self._engine.begin() as connection:
            connection.execute(delete(MatchingWishes).where(col(MatchingWishes.worker_id) == worker_id))
            connection.execute(insert(MatchingWishes).values(worker_id=worker_id, updated_at=now, sealed=sealed))
            connection.execute(
                update(MatchingTask)
                .where(col(MatchingTask.worker_id) == worker_id)
                .values(due_at=now, claimed_until=None)
            )


def _context(worker_id: str) -> str:
    return f"matching:wishes:{worker_id}"
