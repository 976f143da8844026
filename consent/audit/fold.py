"""Whether the grants are what the events say: a grant's state is the fold of its events, and of nothing else.

Whoever changes a row by hand leaves the log as it was, which the tree proves; the difference shows here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from consent.models import ConsentEvent, ConsentGrant

GIVEN, ENDED, ERASED = "consent:grant:give", "consent:grant:end", "consent:worker:erase"


def differing_grants(connection: Connection) -> list[str]:
    """Return the grants whose state or parties their events do not bear out, and those that only one side knows."""
    expected: dict[str, dict[str, Any]] = {}
    by_worker: dict[str, list[str]] = {}
    events = connection.execute(
        select(
            col(ConsentEvent.type), col(ConsentEvent.grant_id), col(ConsentEvent.worker_id), col(ConsentEvent.payload)
        )
        .where(col(ConsentEvent.type).in_((GIVEN, ENDED, ERASED)))
        .order_by(col(ConsentEvent.seq))
    )
    for event in events:
        if event.type == GIVEN:
            expected[event.grant_id] = _given(event.worker_id, event.payload)
            by_worker.setdefault(event.worker_id, []).append(event.grant_id)
        elif event.type == ENDED:
            expected.setdefault(event.grant_id, {})["status"] = event.payload["as"]
        else:
            for grant_id in by_worker.get(event.worker_id, ()):
                if expected[grant_id]["status"] == "active":
                    expected[grant_id]["status"] = "invalidated"
    found = {
        row.id: {
            "status": row.status,
            "worker": row.worker_id,
            "actor": row.actor_id,
            "client": row.client_id,
            "purpose": row.purpose,
        }
        for row in connection.execute(
            select(
                col(ConsentGrant.id),
                col(ConsentGrant.status),
                col(ConsentGrant.worker_id),
                col(ConsentGrant.actor_id),
                col(ConsentGrant.client_id),
                col(ConsentGrant.purpose),
            )
        )
    }
    return sorted(
        grant_id for grant_id in found.keys() | expected.keys() if found.get(grant_id) != expected.get(grant_id)
    )


def _given(worker_id: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status": "active",
        "worker": worker_id,
        "actor": payload["actor"],
        "client": payload["client"],
        "purpose": payload["purpose"],
    }
