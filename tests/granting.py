"""A grant as a worker's page would give it, without the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from consent.grants.lifecycle import GrantService


def give_grant(
    engine: Engine,
    grants: GrantService,
    *,
    worker_id: str,
    client_id: str,
    actor_id: str,
    granted: Sequence[tuple[str, str]],
    purpose: str = "job_matching",
) -> str:
    """Grant items, as (platform, category), for a day and return the grant's id."""
    with engine.begin() as connection:
        record = grants.grant(
            connection,
            worker_id=worker_id,
            client_id=client_id,
            actor_id=actor_id,
            purpose=purpose,
            granted=granted,
            expires_at=datetime.now(UTC) + timedelta(days=1),
            locale="en",
            notice_sha256="0" * 64,
            screen_sha256="0" * 64,
            amr=["pwd"],
        )
    return record.id
