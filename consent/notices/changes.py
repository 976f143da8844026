"""What a consent event means to an actor: a grant ended, or was replaced by another; a request was answered.

consent:grant:end     ──► ended, unless superseded
consent:grant:give    ──► changed, when it replaces one; the actor learns of a first grant with its code
consent:worker:erase  ──► ended, for each grant that was in force
consent:request:allow, refuse, expire ──► answered; also when nobody ever saw the request

Everything else is no news.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, select
from sqlmodel import col

from consent.inbox.models import ConsentRequest
from consent.models import ConsentEvent, ConsentGrant
from consent.notices.models import NoticeDelivery
from consent.oauth.models import OAuthClient

_ANSWERS: Final[Mapping[str, str]] = {
    "consent:request:allow": "granted",
    "consent:request:refuse": "refused",
    "consent:request:expire": "expired",
}
NEWS: Final = ("consent:grant:end", "consent:grant:give", "consent:worker:erase", *_ANSWERS)
"""The types of events that can be news."""

ChangeKind = Literal["ended", "changed", "answered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened to a grant or a request. `reason` is the state that it ended in, never a free text.

    `request_id` is set for an answered request; `grant_id` and `worker_id` then only if it was granted.
    """

    kind: ChangeKind
    event_seq: int
    grant_id: str | None
    worker_id: str | None
    client_id: str
    actor_id: str
    reason: str
    at: datetime
    replaced_by: str | None = None
    request_id: str | None = None

    @property
    def about(self) -> tuple[str, str]:
        """What there is one notice about: the request, or the grant."""
        return ("request", self.request_id) if self.request_id is not None else ("grant", self.grant_id or "")


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
    changes: dict[tuple[str, str], Change] = {}
    for event in events:
        found = _answers(connection, event) if event.type in _ANSWERS else _changes(connection, event)
        for change in found:
            changes.setdefault(change.about, change)
    known = _held(connection, changes)
    return [change for about, change in changes.items() if about not in known], (
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


def _answers(connection: Connection, event: Row[Any]) -> Iterator[Change]:
    request = connection.execute(
        select(
            col(ConsentRequest.id),
            col(ConsentRequest.client_id),
            col(ConsentRequest.actor_id),
            col(ConsentRequest.grant_id),
            col(ConsentGrant.worker_id),
        )
        .join(OAuthClient, col(OAuthClient.id) == col(ConsentRequest.client_id))
        .outerjoin(ConsentGrant, col(ConsentGrant.id) == col(ConsentRequest.grant_id))
        .where(col(ConsentRequest.id) == event.payload["request"], col(OAuthClient.event_push_url).is_not(None))
    ).one_or_none()
    if request is not None:
        yield Change(
            kind="answered",
            event_seq=event.seq,
            grant_id=request.grant_id,
            worker_id=request.worker_id,
            client_id=request.client_id,
            actor_id=request.actor_id,
            reason=_ANSWERS[event.type],
            at=event.at,
            request_id=request.id,
        )


def _held(connection: Connection, about: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    ids: dict[str, list[str]] = {"grant": [], "request": []}
    for kind, each in about:
        ids[kind].append(each)
    held: set[tuple[str, str]] = set()
    for kind, column in (("grant", col(NoticeDelivery.grant_id)), ("request", col(NoticeDelivery.request_id))):
        rows = connection.execute(select(column).where(column.in_(ids[kind]))).scalars()
        held.update((kind, each) for each in rows if each is not None)
    return frozenset(held)
