"""Requests in the consent subgraph: an actor asks a worker without a browser in between, and both see the outcome.

What is asked for is read by the same code as `authorization_details` (`consent.oauth.details`). There is no mutation
that grants: a worker does that on the page, where they see what they allow.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection
from datetime import datetime
from enum import Enum
from typing import Any, Protocol, cast

import strawberry
from graphql import GraphQLError
from sqlalchemy import Engine

from consent.grants.records import GrantReader
from consent.inbox.answers import cancel_request
from consent.inbox.asking import AskedTooOften, addressee_of, ask
from consent.inbox.records import InboxReader, RequestRecord
from consent.leases.gate import GateSession
from consent.oauth.authorization_request import keep_request
from consent.oauth.clients import load_client
from consent.oauth.details import DETAILS_TYPE, DetailsRefusal, Registration, resolve_request
from consent.subgraph.types import (
    Actor,
    DateTime,
    Grant,
    PageInfo,
    Purpose,
    Worker,
    WorkerId,
    decode_cursor,
    encode_cursor,
    grant_of,
    instant_of,
    is_party,
    page_info,
    page_size,
    session_of,
)
from consent.vocabulary import PURPOSES


class RequestServices(Protocol):
    """What the resolvers need of `ConsentServices`."""

    @property
    def engine(self) -> Engine:
        """Where requests are kept."""
        ...

    @property
    def grants(self) -> GrantReader:
        """Finds grants."""
        ...

    @property
    def inbox(self) -> InboxReader:
        """Finds requests."""
        ...

    @property
    def clock(self) -> Callable[[], datetime]:
        """The time."""
        ...

    @property
    def platforms(self) -> Callable[[], Collection[str]]:
        """The platforms that there are."""
        ...


@strawberry.enum
class ConsentRequestStatus(Enum):
    """States of a request; all but the first are final."""

    PENDING = "pending"
    GRANTED = "granted"
    REFUSED = "refused"
    EXPIRED = strawberry.enum_value("expired", description="Nobody answered in time, or it never reached anybody.")
    CANCELLED = strawberry.enum_value("cancelled", description="The actor took it back.")
    REPLACED = strawberry.enum_value("replaced", description="The actor asked the same worker anew for this purpose.")


@strawberry.type
class ConsentRequestItem:
    """One kind of data at one platform that is asked for; `*` where a category belongs to no platform."""

    platform: str
    category: str


@strawberry.input
class GigDataInput:
    """What is asked for: as an object of type `gig_data` in `authorization_details` (RFC 9396)."""

    platforms: list[str]
    categories: list[str]
    purpose: str
    expires_at: str | None = strawberry.field(
        default=strawberry.UNSET, description="Until when, RFC 3339 with an offset; at most what the purpose allows."
    )


async def resolve_grant(root: Any, info: strawberry.Info[Any, Any]) -> Grant | None:
    """Return what came of a request."""
    if root.grant_id is None:
        return None
    record = await asyncio.to_thread(_services(info).grants.find, root.grant_id)
    return grant_of(record) if record is not None and is_party(session_of(info), record) else None


@strawberry.federation.type(keys=["id"])
class ConsentRequest:
    """What an actor asks a worker for."""

    id: strawberry.ID
    actor: Actor
    purpose: Purpose
    items: list[ConsentRequestItem]
    asked_until: DateTime = strawberry.field(description="When the grant that is asked for would end.")
    status: ConsentRequestStatus
    created_at: DateTime
    expires_at: DateTime = strawberry.field(description="Until when the worker can answer.")
    answered_at: DateTime | None
    worker: Worker | None = strawberry.field(description="The worker; for the actor once they have allowed it.")
    grant: Grant | None = strawberry.field(resolver=resolve_grant, description="What came of it, if it was allowed.")
    grant_id: strawberry.Private[str | None] = None

    @classmethod
    async def resolve_reference(cls, info: strawberry.Info[Any, Any], id: strawberry.ID) -> ConsentRequest | None:
        """Find a request by id; None unless the asker is a party to it."""
        return await resolve_request_by_id(info, id)


@strawberry.type
class ConsentRequestEdge:
    """A request in a page."""

    cursor: str
    node: ConsentRequest


@strawberry.type
class ConsentRequestConnection:
    """A page of requests, newest first."""

    edges: list[ConsentRequestEdge]
    page_info: PageInfo
    total_count: int


async def resolve_request_by_id(info: strawberry.Info[Any, Any], id: strawberry.ID) -> ConsentRequest | None:
    """Find a request that the asker made or received; null for all others."""
    session = session_of(info)
    sides = _sides(session)
    if sides is None:
        return None
    record = await asyncio.to_thread(lambda: _services(info).inbox.find(str(id), **sides))
    if record is None or (session.grant_id is not None and record.grant_id != session.grant_id):
        return None
    return _request(record, session)


async def resolve_requests(
    info: strawberry.Info[Any, Any],
    first: int | None = 20,
    after: str | None = strawberry.UNSET,
    status: ConsentRequestStatus | None = strawberry.UNSET,
) -> ConsentRequestConnection:
    """Return the requests that the asker made, or that reached them."""
    session, size, position = session_of(info), page_size(first), decode_cursor(after, 2)
    sides = _sides(session)
    if sides is None:
        empty = page_info([], more=False, after=after)
        return ConsentRequestConnection(edges=[], page_info=empty, total_count=0)
    start = None if position is None else (instant_of(position[0]), position[1])
    records, more, total = await asyncio.to_thread(
        lambda: _services(info).inbox.page(
            first=size,
            after=start,
            grant_id=session.grant_id,
            status=status.value if status else None,
            **sides,
        )
    )
    edges = [
        ConsentRequestEdge(
            cursor=encode_cursor(record.created_at.isoformat(), record.id), node=_request(record, session)
        )
        for record in records
    ]
    return ConsentRequestConnection(
        edges=edges,
        page_info=page_info([edge.cursor for edge in edges], more=more, after=after),
        total_count=total,
    )


async def resolve_request_consent(
    info: strawberry.Info[Any, Any], worker: WorkerId, details: list[GigDataInput]
) -> ConsentRequest:
    """Ask a worker. The answer is the same whether or not the id leads to anybody."""
    session, services = session_of(info), _services(info)
    if session.kind != "actor" or session.client_id is None or session.actor_id is None or session.grant_id is not None:
        raise GraphQLError("Ask with an actor's own token (client credentials).", extensions={"code": "FORBIDDEN"})
    asked = await asyncio.to_thread(_ask, services, session.client_id, str(worker), _as_details(details))
    found = await asyncio.to_thread(lambda: services.inbox.find(asked, actor_id=session.actor_id))
    if found is None:  # pragma: no cover - it was just written
        raise GraphQLError("There is no such request.", extensions={"code": "NOT_FOUND"})
    return _request(found, session)


async def resolve_cancel_request(info: strawberry.Info[Any, Any], id: strawberry.ID) -> ConsentRequest:
    """Take back a request that the asking actor made and nobody has answered."""
    session, services = session_of(info), _services(info)
    actor_id = session.actor_id if session.kind == "actor" and session.grant_id is None else None

    def cancel() -> RequestRecord | None:
        if actor_id is None:
            return None
        with services.engine.begin() as connection:
            done = cancel_request(connection, str(id), actor_id, now=services.clock())
        return services.inbox.find(str(id), actor_id=actor_id) if done else None

    record = await asyncio.to_thread(cancel)
    if record is None:
        raise GraphQLError("There is no such request waiting.", extensions={"code": "NOT_FOUND"})
    return _request(record, session)


@strawberry.type
class RequestMutation:
    """What an actor can do about requests."""

    request_consent: ConsentRequest = strawberry.field(
        resolver=resolve_request_consent,
        description="Ask a worker, by a contact code or by the id from an earlier grant; the request waits in their "
        "inbox. Whether the id leads to anybody cannot be told from the answer. One request per worker and purpose "
        "waits at a time: a newer one takes its place.",
    )
    cancel_request: ConsentRequest = strawberry.field(
        resolver=resolve_cancel_request, description="Take back a request that nobody has answered yet."
    )


def _ask(services: RequestServices, client_id: str, named: str, details: str) -> str:
    now = services.clock()
    with services.engine.begin() as connection:
        client = load_client(connection, client_id, now=now)
        if client is None or client.actor is None or not client.is_live:
            raise GraphQLError("This client may not ask.", extensions={"code": "FORBIDDEN"})
        registration = Registration(categories=client.categories, purposes=client.purposes)
        resolved = resolve_request(details, None, client=registration, platforms=services.platforms(), now=now)
        if isinstance(resolved, DetailsRefusal):
            raise GraphQLError(
                resolved.description, extensions={"code": "BAD_USER_INPUT", "oauthError": resolved.error}
            )
        asked = ask(
            connection,
            client_id=client.client_id,
            actor_id=client.actor.id,
            # The gateway has unsealed the id.
            addressee=addressee_of(named, lambda internal: internal),
            request=resolved,
            now=now,
        )
        if isinstance(asked, AskedTooOften):
            raise GraphQLError(
                asked.description,
                extensions={"code": "RATE_LIMITED", "retryAfter": int(asked.retry_after.total_seconds())},
            )
        keep_request(
            connection,
            client.client_id,
            {},
            resolved,
            now=now,
            until=asked.expires_at,
            asked=asked.request_id,
        )
        return asked.request_id


def _as_details(details: list[GigDataInput]) -> str:
    """Return what was sent as `authorization_details`, for the one strict reader."""
    objects: list[dict[str, Any]] = []
    for each in details:
        read: dict[str, Any] = {"type": DETAILS_TYPE, "purpose": each.purpose}
        read |= {"platforms": each.platforms, "categories": each.categories}
        if each.expires_at is not None and each.expires_at is not strawberry.UNSET:
            read["expires_at"] = each.expires_at
        objects.append(read)
    return json.dumps(objects)


def _sides(session: GateSession) -> dict[str, str] | None:
    """Return whose requests the asker may read; None for none."""
    if session.kind == "worker" and session.worker_id is not None:
        return {"worker_id": session.worker_id}
    if session.kind == "actor" and session.actor_id is not None:
        return {"actor_id": session.actor_id}
    return None


def _request(record: RequestRecord, session: GateSession) -> ConsentRequest:
    is_told = session.kind == "worker" or record.status == "granted"
    term = PURPOSES[record.request.purpose]
    return ConsentRequest(
        id=strawberry.ID(record.id),
        actor=Actor(
            id=strawberry.ID(record.actor_id),
            trading_name=record.actor_trading_name,
            legal_name=record.actor_legal_name,
            jurisdiction=record.actor_jurisdiction,
        ),
        purpose=Purpose(id=term.id, text=term.text, version=term.version),
        items=[
            ConsentRequestItem(platform=item.platform, category=item.category) for item in sorted(record.request.items)
        ],
        asked_until=DateTime(record.request.expires_at),
        status=ConsentRequestStatus(record.status),
        created_at=DateTime(record.created_at),
        expires_at=DateTime(record.expires_at),
        answered_at=DateTime(record.answered_at) if record.answered_at is not None else None,
        worker=Worker(id=strawberry.ID(record.worker_id)) if is_told and record.worker_id is not None else None,
        grant_id=record.grant_id,
    )


def _services(info: strawberry.Info[Any, Any]) -> RequestServices:
    return cast(RequestServices, info.schema.services)  # type: ignore[attr-defined]
