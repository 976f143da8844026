"""The gate that everyone writes first: look whether the grant is active, then fetch. Here to be caught."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, text

from consent.leases.gate import GateQuestion, GateSession, ScopeDecision


class Unbound:
    """A permit that nothing ends."""

    ended = False

    def on_end(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Never call `callback`."""
        return lambda: None


class CheckThenFetch:
    """Checks at the start and trusts its luck."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(read_only=True)

    async def acquire(self, requests: Sequence[GateQuestion], session: GateSession) -> Sequence[Any]:
        """Allow everything whose grant is active just now."""
        active = await asyncio.to_thread(self._is_active, session.grant_id)
        return [
            ScopeDecision(permit=Unbound(), allowed=request.scopes) if active else ScopeDecision()  # type: ignore[arg-type]
            for request in requests
        ]

    async def release(
        self, permits: Collection[Any], session: GateSession, disclosed: Mapping[Any, Mapping[str, int]]
    ) -> Mapping[Any, frozenset[str]]:
        """Check nothing again."""
        return {}

    async def acknowledge(self, permits: Collection[Any], session: GateSession) -> None:
        """Nothing was open."""

    def _is_active(self, grant_id: str | None) -> bool:
        with self._engine.connect() as connection:
            found = connection.execute(
                text("SELECT status FROM consent_grant WHERE id = :id"), {"id": grant_id}
            ).scalar()
        return found == "active"

    async def revoke(self, engine: Engine, grant_id: str) -> None:
        """End the grant and say so."""

        def change() -> None:
            with engine.begin() as connection:
                connection.execute(
                    text(
                        "UPDATE consent_grant SET status = 'withdrawn', ended_at = granted_at "
                        "WHERE id = :id AND status = 'active'"
                    ),
                    {"id": grant_id},
                )

        await asyncio.to_thread(change)
