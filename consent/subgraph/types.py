"""The types of the consent subgraph and how each is filled. `schema.py` has the root fields and the schema."""

from __future__ import annotations

import asyncio
import base64
import binascii
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, NewType, Protocol, cast

import strawberry
from graphql import GraphQLError
from strawberry.federation.schema_directive import schema_directive
from strawberry.schema_directive import Location

from consent.grants.records import GrantReader, GrantRecord
from consent.leases.gate import GateSession

MAX_PAGE_SIZE = 100


class ResolverServices(Protocol):
    """What the types' resolvers need of `ConsentServices`."""

    @property
    def grants(self) -> GrantReader:
        """Finds grants."""
        ...

    def actor(self, actor_id: str) -> Actor | None:
        """Return an actor as others see it."""
        ...


@schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.ARGUMENT_DEFINITION],
    name="pairwise",
    compose=True,
    import_url="https://specs.gigway.example/gigway/v1.0",
)
class Pairwise:
    """The gateway seals this id for each client."""


DateTime = NewType("DateTime", datetime)
"""An instant in RFC 3339."""

DATE_TIME = strawberry.scalar(
    name="DateTime",
    specified_by_url="https://scalars.graphql.org/andimarek/date-time",
    serialize=lambda value: value.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    parse_value=lambda value: DateTime(datetime.fromisoformat(value)),
)


def session_of(info: strawberry.Info[Any, Any]) -> GateSession:
    """Return who asks."""
    return cast(GateSession, info.context["session"])


def services_of(info: strawberry.Info[Any, Any]) -> ResolverServices:
    """Return what resolvers work with: the schema that runs carries it."""
    return cast(ResolverServices, info.schema.services)  # type: ignore[attr-defined]


def bad_input(message: str) -> GraphQLError:
    """Return the error of an argument that cannot be meant."""
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def page_size(first: int | None) -> int:
    """Return `first`, 20 if it is null. Raises a client error when it is no page size."""
    if first is None:
        return 20
    if not 1 <= first <= MAX_PAGE_SIZE:
        raise bad_input(f"first must be from 1 to {MAX_PAGE_SIZE}.")
    return first


def encode_cursor(*parts: str) -> str:
    """Return an opaque cursor."""
    return base64.urlsafe_b64encode("|".join(parts).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, count: int) -> list[str] | None:
    """Return the parts of one of our cursors. Raises a client error for anything else."""
    if not cursor:
        return None
    try:
        parts = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
    except (binascii.Error, ValueError):
        parts = []
    if len(parts) != count:
        raise bad_input("The cursor is not one of ours.")
    return parts


@strawberry.enum
class GrantStatus(Enum):
    """States of a grant; all but the first are final."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    INVALIDATED = "invalidated"


@strawberry.federation.type(shareable=True)
class PageInfo:
    """Where a page lies."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


def page_info(cursors: list[str], *, more: bool, after: str | None) -> PageInfo:
    """Describe a page of a forward connection."""
    return PageInfo(
        has_next_page=more,
        has_previous_page=bool(after),
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )


@strawberry.federation.type(keys=["id"])
class Actor:
    """A matching actor."""

    id: strawberry.ID
    trading_name: str
    legal_name: str
    jurisdiction: str | None

    @classmethod
    async def resolve_reference(cls, info: strawberry.Info[Any, Any], id: strawberry.ID) -> Actor | None:
        """Find the actor that another subgraph names."""
        return await asyncio.to_thread(services_of(info).actor, id)


@strawberry.type
class Purpose:
    """What data is read for, in the words that the worker saw."""

    id: str
    text: str
    version: int


@strawberry.type
class GrantItem:
    """One kind of data at one platform: granted, or asked for and refused."""

    platform: str
    category: str
    granted: bool


@strawberry.federation.type(keys=["id"])
class Grant:
    """A worker's consent for one actor and one purpose."""

    id: strawberry.ID
    actor: Actor
    purpose: Purpose
    status: GrantStatus
    granted_at: DateTime
    expires_at: DateTime
    ended_at: DateTime | None
    items: list[GrantItem]

    @classmethod
    async def resolve_reference(cls, info: strawberry.Info[Any, Any], id: strawberry.ID) -> Grant | None:
        """Find a grant by id; None unless the asker is a party to it."""
        record = await asyncio.to_thread(services_of(info).grants.find, id)
        return grant_of(record) if record is not None and is_party(session_of(info), record) else None


@strawberry.type
class GrantEdge:
    """A grant in a page."""

    cursor: str
    node: Grant


@strawberry.type
class GrantConnection:
    """A page of grants."""

    edges: list[GrantEdge]
    page_info: PageInfo


async def resolve_worker_grants(root: Any, info: strawberry.Info[Any, Any]) -> list[Grant]:
    """Return the grants between a worker and the asker, newest first."""
    session, reader, worker_id = session_of(info), services_of(info).grants, str(root.id)
    if session.kind == "worker" and session.worker_id == worker_id:
        records = await asyncio.to_thread(reader.of_worker, worker_id)
    elif session.kind == "actor" and session.actor_id is not None:
        records = await asyncio.to_thread(reader.of_actor, session.actor_id, worker_id=worker_id)
    else:
        records = []
    return [grant_of(record) for record in records if is_party(session, record)]


@strawberry.federation.type(keys=["id"])
class Worker:
    """A worker."""

    id: strawberry.ID = strawberry.federation.field(directives=[Pairwise()])
    grants: list[Grant] = strawberry.field(
        resolver=resolve_worker_grants, description="The grants of this worker that the viewer is a party to."
    )

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Worker:
        """Stand for the worker that another subgraph names."""
        return cls(id=id)


@strawberry.type
class WorkerEdge:
    """A worker in a page."""

    cursor: str
    node: Worker


@strawberry.type
class WorkerConnection:
    """A page of workers."""

    edges: list[WorkerEdge]
    page_info: PageInfo
    total_count: int


async def resolve_viewer_grants(
    info: strawberry.Info[Any, Any], first: int | None = 20, after: str | None = strawberry.UNSET
) -> GrantConnection:
    """Return the asker's grants, newest first."""
    session, reader, size = session_of(info), services_of(info).grants, page_size(first)
    position = decode_cursor(after, 2)
    start = instant_of(position[0]) if position is not None else None
    actor_id = session.actor_id if session.kind == "actor" else None
    worker_id = session.worker_id if session.kind == "worker" else None
    if actor_id is None and worker_id is None:
        return GrantConnection(edges=[], page_info=page_info([], more=False, after=after))
    records, more = await asyncio.to_thread(
        reader.page,
        first=size,
        after=None if start is None or position is None else (start, position[1]),
        actor_id=actor_id,
        worker_id=worker_id,
        grant_id=session.grant_id,
    )
    edges = [
        GrantEdge(cursor=encode_cursor(record.granted_at.isoformat(), record.id), node=grant_of(record))
        for record in records
    ]
    return GrantConnection(edges=edges, page_info=page_info([edge.cursor for edge in edges], more=more, after=after))


def is_party(session: GateSession, record: GrantRecord) -> bool:
    """Whether the asker gave the grant, or it was given to them and their token is not bound to another."""
    if session.kind == "worker":
        return session.worker_id == record.worker_id
    return session.kind == "actor" and session.actor_id == record.actor_id and session.grant_id in (None, record.id)


def grant_of(record: GrantRecord) -> Grant:
    """Return the GraphQL object of a grant."""
    items = [(item, True) for item in record.granted] + [(item, False) for item in record.refused]
    return Grant(
        id=strawberry.ID(record.id),
        actor=Actor(
            id=strawberry.ID(record.actor_id),
            trading_name=record.actor_today.trading_name,
            legal_name=record.actor_today.legal_name,
            jurisdiction=record.actor_today.jurisdiction,
        ),
        purpose=Purpose(id=record.purpose, text=record.purpose_text, version=record.purpose_version),
        status=GrantStatus(record.status),
        granted_at=DateTime(record.granted_at),
        expires_at=DateTime(record.expires_at),
        ended_at=DateTime(record.ended_at) if record.ended_at is not None else None,
        items=[
            GrantItem(platform=platform, category=category, granted=granted)
            for (platform, category), granted in sorted(items)
        ],
    )


def instant_of(text: str) -> datetime:
    """Return the instant in a cursor of ours. Raises a client error for anything else."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise bad_input("The cursor is not one of ours.") from None


WorkerId = Annotated[strawberry.ID, strawberry.argument(directives=[Pairwise()])]
