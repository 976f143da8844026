"""Putting a request into a worker's inbox, or keeping it as one that reached nobody: an actor cannot tell which.

Limits come in two kinds. What depends only on what the actor itself did is told (`AskedTooOften`); what depends on
the worker is not: the request is kept, and nobody sees it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, insert, select, text, update
from sqlmodel import col

from consent.contact import is_contact_code, normal_form, resolve_code
from consent.inbox.models import ActorBlock, ConsentRequest
from consent.models import Actor, ConsentEvent, Worker, new_id
from consent.oauth.details import GigRequest
from consent.oauth.models import REQUESTS
from consent.stops.order import share_stops

LIFETIME: Final = timedelta(days=14)
"""How long a request waits for an answer."""

DAY: Final = timedelta(days=1)
PER_ACTOR: Final = 1_000
"""Requests of one actor in a day."""

PER_ADDRESSEE: Final = 3
"""Requests of one actor to one addressee in a day, whatever becomes of them."""

PER_INBOX: Final = 30
"""Requests that wait in one worker's inbox."""

Unseal = Callable[[str], str]
"""Returns the internal id behind the asking actor's id of a worker; of anything else what is no id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that waits. Whether anybody will see it is not told."""

    request_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTooOften:
    """The actor has to wait; nothing was kept."""

    description: str
    retry_after: timedelta = DAY


def addressee_of(named: str, unseal: Unseal) -> str:
    """Return what an actor names a worker by, in one spelling: a contact code, or an internal id."""
    return normal_form(named) or unseal(named)


def ask(
    connection: Connection, *, client_id: str, actor_id: str, addressee: str, request: GigRequest, now: datetime
) -> Asked | AskedTooOften:
    """Keep `request` in the caller's transaction. `addressee` is what `addressee_of` returned."""
    share_stops(connection)
    _one_at_a_time(connection, actor_id)
    named = hashlib.sha256(f"{actor_id} {addressee}".encode()).hexdigest()
    made = (col(ConsentRequest.actor_id) == actor_id, col(ConsentRequest.created_at) > now - DAY)
    if _count(connection, *made) >= PER_ACTOR:
        return AskedTooOften(description="This actor has asked too often today.")
    if _count(connection, *made, col(ConsentRequest.addressee_hash) == named) >= PER_ADDRESSEE:
        return AskedTooOften(description="This worker has been asked often enough today.")
    worker_id = _reachable(connection, addressee, actor_id, now)
    _make_room(connection, actor_id, named, worker_id, request.purpose, now)
    request_id, expires_at = new_id(), min(now + LIFETIME, request.expires_at)
    connection.execute(
        insert(ConsentRequest).values(
            id=request_id,
            client_id=client_id,
            actor_id=actor_id,
            worker_id=worker_id,
            addressee_hash=named,
            purpose=request.purpose,
            details=request.to_json(),
            created_at=now,
            expires_at=expires_at,
        )
    )
    payload = {"request": request_id, "actor": actor_id, "client": client_id, **request.to_json()}
    record(connection, "ask", now=now, worker_id=worker_id, by=("actor", actor_id), payload=payload)
    return Asked(request_id=request_id, expires_at=expires_at)


def record(
    connection: Connection,
    action: str,
    *,
    now: datetime,
    worker_id: str | None,
    by: tuple[str, str | None],
    payload: dict[str, object],
) -> None:
    """Write the event `consent:request:<action>`.

    The caller has taken `share_stops` before it changed any request: erasing a worker, which stops everything,
    changes requests too, and the two would else wait for each other.
    """
    kind, who = by
    connection.execute(
        insert(ConsentEvent).values(
            at=now,
            type=f"consent:request:{action}",
            worker_id=worker_id,
            by_kind=kind,
            by_id=who,
            payload=payload,
        )
    )


def _may_meet(connection: Connection, actor_id: str, worker_id: str) -> bool:
    """Whether the actor is no test one, or the worker is."""
    is_test_actor = connection.execute(select(col(Actor.is_test)).where(col(Actor.id) == actor_id)).scalar_one_or_none()
    return is_test_actor is False or bool(
        connection.execute(select(col(Worker.is_test)).where(col(Worker.id) == worker_id)).scalar_one()
    )


def _reachable(connection: Connection, addressee: str, actor_id: str, now: datetime) -> str | None:
    """Return the worker who is to see the request; None for nobody, whatever the reason."""
    if is_contact_code(addressee):
        worker_id = resolve_code(connection, addressee, now)
    else:
        worker_id = connection.execute(
            select(col(Worker.id)).where(col(Worker.id) == addressee, col(Worker.status) == "active")
        ).scalar_one_or_none()
    if worker_id is None or not _may_meet(connection, actor_id, worker_id):
        return None
    blocked = connection.execute(
        select(col(ActorBlock.actor_id)).where(
            col(ActorBlock.worker_id) == worker_id, col(ActorBlock.actor_id) == actor_id
        )
    ).one_or_none()
    mine = col(ConsentRequest.worker_id) == worker_id
    recent = (mine, col(ConsentRequest.actor_id) == actor_id, col(ConsentRequest.created_at) > now - DAY)
    waiting = (mine, col(ConsentRequest.status) == "pending", col(ConsentRequest.actor_id) != actor_id)
    if blocked is not None or _count(connection, *recent) >= PER_ADDRESSEE:
        return None
    return None if _count(connection, *waiting) >= PER_INBOX else worker_id


def _make_room(
    connection: Connection, actor_id: str, named: str, worker_id: str | None, purpose: str, now: datetime
) -> None:
    """Let the new request take the place of the one before.

    One that named the same addressee is `replaced`. One that reached the same worker under another name only leaves
    the inbox: its actor must not learn that the two names are one person's.
    """
    pending = (
        col(ConsentRequest.actor_id) == actor_id,
        col(ConsentRequest.purpose) == purpose,
        col(ConsentRequest.status) == "pending",
    )
    same = (*pending, col(ConsentRequest.addressee_hash) == named)
    old = connection.execute(select(col(ConsentRequest.id)).where(*same)).scalar_one_or_none()
    if old is not None:
        connection.execute(
            update(REQUESTS).where(REQUESTS.c.asked == old, REQUESTS.c.answered_at.is_(None)).values(answered_at=now)
        )
        connection.execute(update(ConsentRequest).where(*same).values(status="replaced", answered_at=now))
    if worker_id is not None:
        connection.execute(
            update(ConsentRequest).where(*pending, col(ConsentRequest.worker_id) == worker_id).values(worker_id=None)
        )


def _count(connection: Connection, *conditions: object) -> int:
    query = select(func.count()).select_from(ConsentRequest).where(*conditions)  # type: ignore[arg-type]
    return int(connection.execute(query).scalar_one())


def _one_at_a_time(connection: Connection, actor_id: str) -> None:
    """Order the requests of one actor, so that counting them and adding one is one step. On SQLite they are."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:actor, 7))"), {"actor": actor_id})
