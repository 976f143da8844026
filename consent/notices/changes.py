"""What a consent event means to an actor: a grant ended, or was replaced by another. Everything else is no news.

consent:grant:end     ──► ended, unless superseded
consent:grant:give    ──► changed, when it replaces one; the actor learns of a first grant with its code
consent:worker:erase  ──► ended, for each grant that was in force
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, select
from sqlmodel import col

from consent.models import ConsentEvent, ConsentGrant
from consent.notices.models import NoticeDelivery
from consent.oauth.models import OAuthClient

NEWS: Final = ("consent:grant:end", "consent:grant:give", "consent:worker:erase")
"""The types of events that can be news."""

ChangeKind = Literal["ended", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened to a grant. `reason` is the state that it ended in, never a free text."""

    kind: ChangeKind
    event_seq: int
    grant_id: str
    worker_id: str
    client_id: str
    actor_id: str
    reason: str
    at: datetime
    replaced_by: str | None = None


def read_changes(connection: Connection, *, after: int, until: int, limit: int) -> tuple[list[Change], int]:
    """Return the changes to tell, of the next `limit` events up to `until`, and the number of the last one read.

    Only for clients that have an address to push to, and only what the outbox does not hold yet.
    """
    events = connection.execute(
        select(
            col(ConsentEvent.seq),
            col(ConsentEvent.at),
            col(ConsentEvent.type),
            col(ConsentEvent.grant_id),
            col(ConsentEvent.worker_id),
            col(ConsentEvent.payload),
        )
        .where(col(ConsentEvent.seq) > after, col(ConsentEvent.seq) <= until, col(ConsentEvent.type).in_(NEWS))
        .order_by(col(ConsentEvent.seq))
        .limit(limit)
    ).all()
    changes: dict[str, Change] = {}
    for event in events:
        for change in _changes(connection, event):
            changes.setdefault(change.grant_id, change)
    known = _held(connection, changes)
    return [change for change in changes.values() if change.grant_id not in known], (
        events[-1].seq if len(events) == limit else until
    )


def _changes(connection: Connection, event: Row[Any]) -> Iterator[Change]:
    payload: Mapping[str, Any] = event.payload
    match event.type:
        case "consent:grant:end" if payload["as"] != "superseded":
            found, kind, replaced_by = col(ConsentGrant.id) == event.grant_id, "ended", None
        case "consent:grant:give" if payload["replaces"]:
            found, kind, replaced_by = col(ConsentGrant.id) == payload["replaces"], "changed", event.grant_id
        case "consent:worker:erase":
            found = (col(ConsentGrant.worker_id) == event.worker_id) & (col(ConsentGrant.status) == "invalidated")
            kind, replaced_by = "ended", None
        case _:
            return
    grants = connection.execute(
        select(
            col(ConsentGrant.id),
            col(ConsentGrant.worker_id),
            col(ConsentGrant.client_id),
            col(ConsentGrant.actor_id),
            col(ConsentGrant.status),
        )
        .join(OAuthClient, col(OAuthClient.id) == col(ConsentGrant.client_id))
        .where(found, col(OAuthClient.event_push_url).is_not(None))
        .order_by(col(ConsentGrant.id))
    )
    for grant in grants:
        yield Change(
            kind="changed" if kind == "changed" else "ended",
            event_seq=event.seq,
            grant_id=grant.id,
            worker_id=grant.worker_id,
            client_id=grant.client_id,
            actor_id=grant.actor_id,
            reason=grant.status,
            at=event.at,
            replaced_by=replaced_by,
        )


def _held(connection: Connection, grant_ids: Iterable[str]) -> frozenset[str]:
    held = select(col(NoticeDelivery.grant_id)).where(col(NoticeDelivery.grant_id).in_(list(grant_ids)))
    return frozenset(connection.execute(held).scalars())
