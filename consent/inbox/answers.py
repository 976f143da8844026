"""How a request ends: by the worker's answer, by the actor, by time. And whom a worker does not hear from.

The stored authorization request is answered first, by one conditional update (`consent.oauth.authorization`), and
what is here follows in the same transaction: so of two simultaneous answers one counts.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col

from consent.inbox.asking import record
from consent.inbox.models import ActorBlock, ConsentRequest
from consent.oauth.models import REQUESTS
from consent.stops.order import share_stops

KEPT: Final = timedelta(days=730)
"""How long an answered request stays in its worker's history."""


class RequestClosedError(Exception):
    """The request had ended before this answer; the transaction is to be rolled back."""


def grant_request(connection: Connection, request_id: str, grant_id: str, *, now: datetime) -> None:
    """Note that the worker allowed it, with which grant. Raises `RequestClosedError`."""
    _close(connection, request_id, "granted", now=now, grant_id=grant_id)


def refuse_request(connection: Connection, request_id: str, *, now: datetime) -> None:
    """Note that the worker refused it. Raises `RequestClosedError`."""
    _close(connection, request_id, "refused", now=now, grant_id=None)


def cancel_request(connection: Connection, request_id: str, actor_id: str, *, now: datetime) -> bool:
    """Take a request back for the actor that made it; false when it is not pending, or not its own."""
    share_stops(connection)
    if not _is_mine(connection, request_id, actor_id):
        return False
    answered = connection.execute(
        update(REQUESTS).where(REQUESTS.c.asked == request_id, REQUESTS.c.answered_at.is_(None)).values(answered_at=now)
    )
    if not answered.rowcount:
        return False
    done = connection.execute(
        update(ConsentRequest)
        .where(col(ConsentRequest.id) == request_id, col(ConsentRequest.status) == "pending")
        .values(status="cancelled", answered_at=now)
        .returning(col(ConsentRequest.worker_id))
    ).one_or_none()
    if done is None:
        return False
    payload: dict[str, object] = {"request": request_id}
    record(connection, "cancel", now=now, worker_id=done.worker_id, by=("actor", actor_id), payload=payload)
    return True


def has_due_requests(connection: Connection, *, now: datetime) -> bool:
    """Whether there is anything for `expire_requests`: to look needs no lock."""
    due = select(col(ConsentRequest.id)).where(
        col(ConsentRequest.status) == "pending", col(ConsentRequest.expires_at) <= now
    )
    return connection.execute(due.limit(1)).first() is not None


def expire_requests(connection: Connection, *, now: datetime) -> int:
    """Mark the requests that nobody answered in time, also those that reached nobody; returns how many."""
    share_stops(connection)
    due = connection.execute(
        update(ConsentRequest)
        .where(col(ConsentRequest.status) == "pending", col(ConsentRequest.expires_at) <= now)
        .values(status="expired", answered_at=now)
        .returning(col(ConsentRequest.id), col(ConsentRequest.worker_id), col(ConsentRequest.client_id))
    ).all()
    for row in due:
        payload: dict[str, object] = {"request": row.id, "client": row.client_id}
        record(connection, "expire", now=now, worker_id=row.worker_id, by=("time", None), payload=payload)
    return len(due)


def block_actor(connection: Connection, worker_id: str, actor_id: str, *, now: datetime) -> None:
    """Let no request of the actor reach the worker any more; what waits leaves the inbox. The actor is not told."""
    share_stops(connection)
    found = (col(ActorBlock.worker_id) == worker_id, col(ActorBlock.actor_id) == actor_id)
    if connection.execute(select(col(ActorBlock.actor_id)).where(*found)).one_or_none() is None:
        connection.execute(insert(ActorBlock).values(worker_id=worker_id, actor_id=actor_id, created_at=now))
        payload: dict[str, object] = {"actor": actor_id}
        record(connection, "block", now=now, worker_id=worker_id, by=("worker", worker_id), payload=payload)
    connection.execute(
        update(ConsentRequest)
        .where(
            col(ConsentRequest.worker_id) == worker_id,
            col(ConsentRequest.actor_id) == actor_id,
            col(ConsentRequest.status) == "pending",
        )
        .values(worker_id=None)
    )


def unblock_actor(connection: Connection, worker_id: str, actor_id: str, *, now: datetime) -> bool:
    """Take requests of the actor again; false when it was not blocked."""
    share_stops(connection)
    done = connection.execute(
        delete(ActorBlock).where(col(ActorBlock.worker_id) == worker_id, col(ActorBlock.actor_id) == actor_id)
    )
    if not done.rowcount:
        return False
    payload: dict[str, object] = {"actor": actor_id}
    record(connection, "unblock", now=now, worker_id=worker_id, by=("worker", worker_id), payload=payload)
    return True


def purge(connection: Connection, *, now: datetime) -> int:
    """Forget requests that ended long ago; returns how many. The caller commits."""
    return connection.execute(delete(ConsentRequest).where(col(ConsentRequest.answered_at) <= now - KEPT)).rowcount


def _close(
    connection: Connection,
    request_id: str,
    status: Literal["granted", "refused"],
    *,
    now: datetime,
    grant_id: str | None,
) -> None:
    share_stops(connection)
    row = connection.execute(
        update(ConsentRequest)
        .where(
            col(ConsentRequest.id) == request_id,
            col(ConsentRequest.status) == "pending",
            col(ConsentRequest.worker_id).is_not(None),
        )
        .values(status=status, answered_at=now, grant_id=grant_id)
        .returning(col(ConsentRequest.worker_id), col(ConsentRequest.actor_id), col(ConsentRequest.client_id))
    ).one_or_none()
    if row is None:
        raise RequestClosedError
    record(
        connection,
        "allow" if status == "granted" else "refuse",
        now=now,
        worker_id=row.worker_id,
        by=("worker", row.worker_id),
        payload={"request": request_id, "actor": row.actor_id, "client": row.client_id, "grant": grant_id},
    )


def _is_mine(connection: Connection, request_id: str, actor_id: str) -> bool:
    found = select(col(ConsentRequest.id)).where(
        col(ConsentRequest.id) == request_id, col(ConsentRequest.actor_id) == actor_id
    )
    return connection.execute(found).one_or_none() is not None
