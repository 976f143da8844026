"""The statements that end a grant and write the event of it, put together once: they run while everybody waits.

On PostgreSQL both are one statement, so that a revocation takes two trips (`stops/two_trips.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, String, bindparam, insert, select, update
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import col

from consent.columns import Instant
from consent.driver_statement import DriverStatement
from consent.models import ConsentEvent, ConsentGrant, new_id
from consent.stops.two_trips import OneStatement

ENDED: Final = "consent:grant:end"
"""What the event is called."""

END = (
    update(ConsentGrant)
    .where(col(ConsentGrant.id) == bindparam("grant"), col(ConsentGrant.status) == "active")
    .values(
        status=bindparam("ended_as"),
        ended_at=bindparam("now"),
        end_reason=bindparam("why"),
        epoch=ConsentGrant.epoch + 1,
    )
    .returning(col(ConsentGrant.worker_id))
)
END_OF_CLIENT = END.where(
    col(ConsentGrant.client_id) == bindparam("client"), col(ConsentGrant.expires_at) > bindparam("now")
)


def _at_once(end: ReturningUpdate[Any]) -> DriverStatement:
    """Return the statement that ends a grant as `end` does and writes its event. PostgreSQL only."""
    ended = end.cte("ended")
    event: dict[str, Any] = {
        "at": bindparam("now", type_=Instant()),
        "type": bindparam("type", type_=String()),
        "grant_id": bindparam("grant", type_=String()),
        "worker_id": ended.c.worker_id,
        "by_kind": bindparam("by", type_=String()),
        "by_id": bindparam("by_id", type_=String()),
        "payload": bindparam("payload", type_=JSON()),
        "salt": bindparam("salt", type_=String()),
    }
    record = insert(ConsentEvent).from_select(list(event), select(*event.values()), include_defaults=False)
    return DriverStatement(lambda _: record.returning(col(ConsentEvent.worker_id)))


_END_AT_ONCE, _END_OF_CLIENT_AT_ONCE = _at_once(END), _at_once(END_OF_CLIENT)


def end_at_once(
    grant_id: str,
    *,
    status: str,
    reason: str,
    by: str,
    by_id: str | None,
    client_id: str | None,
    clock: Callable[[], datetime],
) -> OneStatement:
    """Return how PostgreSQL ends a grant in force; with `client_id` only one of that client."""
    fixed: dict[str, object] = {
        "grant": grant_id,
        "ended_as": status,
        "why": reason[:64],
        "type": ENDED,
        "by": by,
        "by_id": by_id,
        "payload": {"as": status, "why": reason},
        "salt": new_id(),
    }
    if client_id is None:
        return OneStatement(statement=_END_AT_ONCE, values=lambda: {**fixed, "now": clock()})
    fixed["client"] = client_id
    return OneStatement(statement=_END_OF_CLIENT_AT_ONCE, values=lambda: {**fixed, "now": clock()})
