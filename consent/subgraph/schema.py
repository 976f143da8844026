"""The consent subgraph: who is asking, workers as far as the asker may know of them, grants and purposes.

Every resolver reads who asks from `info.context["session"]`. A worker who is unknown, malformed or has granted this
actor nothing gets one and the same answer: null and `CONSENT_REQUIRED`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from graphql import GraphQLError
from sqlalchemy import Engine, select
from sqlmodel import col
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from consent.access_log import AccessLog
from consent.audit.cosignatures import Cosignatures
from consent.audit.log import AuditLog
from consent.columns import utc_now
from consent.contact import ContactCodes
from consent.grants.lifecycle import GrantService
from consent.inbox.records import InboxReader
from consent.leases.denials import DeniedAccess
from consent.leases.gate import GateSession, asker_of
from consent.leases.keeper import LeaseKeeper
from consent.leases.transactions import LeasesUnavailableError
from consent.models import Actor as ActorRow
from consent.subgraph.log import AccessEventConnection, resolve_access_events
from consent.subgraph.requests import (
    ConsentRequest,
    ConsentRequestConnection,
    RequestMutation,
    resolve_request_by_id,
    resolve_requests,
)
from consent.subgraph.revoke import RevokeMutation
from consent.subgraph.stream import FOLLOW_SECONDS, Subscription
from consent.subgraph.types import (
    DATE_TIME,
    Actor,
    DateTime,
    Grant,
    GrantConnection,
    Worker,
    WorkerConnection,
    WorkerEdge,
    WorkerId,
    decode_cursor,
    encode_cursor,
    page_info,
    page_size,
    resolve_viewer_grants,
    session_of,
)
from consent.vocabulary import SELF_PURPOSE

LOOKUP = "lookup"
"""The category under which the log shows that somebody asked for a worker without having any grant."""


class ConsentServices:
    """What the subgraph's resolvers work with."""

    def __init__(
        self,
        engine: Engine,
        *,
        grants: GrantService,
        contacts: ContactCodes,
        leases: LeaseKeeper,
        authorize_url: str,
        audit: AuditLog | None = None,
        cosignatures: Cosignatures | None = None,
        platforms: Callable[[], Collection[str]] = tuple,
        clock: Callable[[], datetime] = utc_now,
        follow_seconds: float = FOLLOW_SECONDS,
    ) -> None:
        """`platforms` returns the platforms that may be asked for; requests are refused without."""
        self.follow_seconds = follow_seconds
        self.engine = engine
        self.platforms = platforms
        self.clock = clock
        self.inbox = InboxReader(engine, clock=clock)
        self._engine = engine.execution_options(read_only=True)
        self._contacts = contacts
        self._leases = leases
        self.access_log = AccessLog(engine)
        self.audit = audit
        self.cosignatures = cosignatures or Cosignatures(engine)
        self.grants = grants
        self.authorize_url = authorize_url

    def actor(self, actor_id: str) -> Actor | None:
        """Return an actor as others see it."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(
                    col(ActorRow.id), col(ActorRow.trading_name), col(ActorRow.legal_name), col(ActorRow.jurisdiction)
                ).where(col(ActorRow.id) == actor_id)
            ).one_or_none()
        if row is None:
            return None
        return Actor(
            id=strawberry.ID(row.id),
            trading_name=row.trading_name,
            legal_name=row.legal_name,
            jurisdiction=row.jurisdiction,
        )

    def find_worker(self, given: str, session: GateSession) -> tuple[str | None, bool]:
        """Return the internal id of a worker who exists, by internal id or contact code.

        With it goes whether the asker may know of them: it is themselves, or who has granted them something in force.
        """
        known = self._is_known_to(given, session)
        if known is not None:
            return given, known
        worker_id = self._contacts.resolve(given)
        return worker_id, worker_id is not None and bool(self._is_known_to(worker_id, session))

    def _is_known_to(self, worker_id: str, session: GateSession) -> bool | None:
        is_actor = session.kind == "actor"
        granted = self.grants.is_granted(
            worker_id,
            actor_id=session.actor_id if is_actor else None,
            purpose=session.purpose,
            grant_id=session.grant_id,
        )
        if granted is not None and session.kind == "worker":
            return session.worker_id == worker_id
        return granted

    async def record_lookup(self, worker_id: str, session: GateSession) -> None:
        """Tell the worker's log that somebody without a grant asked for them."""
        asker = asker_of(session)
        if asker is not None:
            denial = DeniedAccess(
                asker=asker,
                worker_id=worker_id,
                platform="internal",
                account_id=None,
                category=LOOKUP,
                reason="NOT_GRANTED",
            )
            await self._leases.record_denials([denial])


class ConsentSchema(strawberry.federation.Schema):
    """The schema with the services that its resolvers use."""

    services: ConsentServices

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log what is our fault: an error with a code is an answer."""
        super().process_errors([error for error in errors if "code" not in (error.extensions or {})], execution_context)


@strawberry.enum
class ViewerKind(Enum):
    """Kinds of askers."""

    ACTOR = "actor"
    WORKER = "worker"
    PLATFORM = "platform"
    OPERATOR = "operator"
    ANONYMOUS = "anonymous"


@strawberry.type
class Viewer:
    """Who is asking, for what."""

    kind: ViewerKind
    actor: Actor | None
    worker: Worker | None
    purpose: str | None
    platform_name: str | None = strawberry.field(description="The platform that a platform's client speaks for.")
    role: str | None = strawberry.field(description="What a platform's or operator's client may do.")
    scopes: list[str]
    grants: GrantConnection = strawberry.field(resolver=resolve_viewer_grants)
    requests: ConsentRequestConnection = strawberry.field(
        resolver=resolve_requests, description="What the viewer asked workers for, or was asked for, newest first."
    )
    access_events: AccessEventConnection = strawberry.field(
        resolver=resolve_access_events, description="Who read what of the viewer's own data; for workers only."
    )


async def resolve_viewer(info: strawberry.Info[Any, Any]) -> Viewer:
    """Describe the session."""
    session, services = session_of(info), _services(info)
    actor = await asyncio.to_thread(services.actor, session.actor_id) if session.actor_id is not None else None
    worker_id = session.worker_id
    if session.grant_id is not None:
        record = await asyncio.to_thread(services.grants.find, session.grant_id)
        worker_id = record.worker_id if record is not None and record.status == "active" else None
    return Viewer(
        kind=ViewerKind(session.kind),
        actor=actor,
        worker=Worker(id=strawberry.ID(worker_id)) if worker_id is not None else None,
        purpose=session.purpose,
        platform_name=session.platform,
        role=session.role,
        scopes=sorted(session.scopes),
    )


async def resolve_worker(info: strawberry.Info[Any, Any], id: WorkerId) -> Worker | None:
    """Find a worker who has granted the asker something."""
    session, services = session_of(info), _services(info)
    worker_id, is_known = await asyncio.to_thread(services.find_worker, id, session)
    if worker_id is not None:
        if is_known:
            return Worker(id=strawberry.ID(worker_id))
        with suppress(LeasesUnavailableError):
            await services.record_lookup(worker_id, session)
    raise GraphQLError(
        "No worker with this id has granted you anything. Ask them with the authorization URL.",
        extensions={
            "code": "CONSENT_REQUIRED",
            "reason": "NOT_GRANTED",
            "authorizeUrl": services.authorize_url,
        },
    )


async def resolve_workers(
    info: strawberry.Info[Any, Any], first: int | None = 20, after: str | None = strawberry.UNSET
) -> WorkerConnection:
    """Page through the workers that the asker may know of."""
    session, services, size = session_of(info), _services(info), page_size(first)
    position = decode_cursor(after, 1)
    found: list[tuple[str, str]] = []
    more, total = False, 0
    if session.kind == "worker" and session.worker_id is not None and session.purpose == SELF_PURPOSE:
        found, total = [(session.worker_id, session.worker_id)], 1
    elif session.kind == "actor" and session.actor_id is not None and session.purpose is not None:
        found, more, total = await asyncio.to_thread(
            services.grants.workers_of_actor,
            session.actor_id,
            session.purpose,
            first=size,
            after=position[0] if position is not None else None,
            grant_id=session.grant_id,
        )
    edges = [
        WorkerEdge(cursor=encode_cursor(cursor), node=Worker(id=strawberry.ID(worker_id)))
        for worker_id, cursor in found
    ]
    return WorkerConnection(
        edges=edges,
        page_info=page_info([edge.cursor for edge in edges], more=more, after=after),
        total_count=total,
    )


@strawberry.type
class Query:
    """The root fields of consent."""

    viewer: Viewer = strawberry.field(resolver=resolve_viewer, description="Who is asking.")
    worker: Worker | None = strawberry.field(
        resolver=resolve_worker,
        description="A worker by the id that this actor knows, or by a contact code. "
        "One answer for unknown and for ungranted ids.",
    )
    workers: WorkerConnection = strawberry.field(
        resolver=resolve_workers, description="Workers with a live grant to this actor for this purpose."
    )
    request: ConsentRequest | None = strawberry.field(
        resolver=resolve_request_by_id, description="A request that the viewer made or received."
    )


@strawberry.type
class Mutation(RevokeMutation, RequestMutation):
    """What can be changed about consent."""


def build_schema(services: ConsentServices) -> ConsentSchema:
    """Return the executable schema of the subgraph. Execute it with a context `{"session": …}`."""
    schema = ConsentSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Actor, ConsentRequest, Grant, Worker],
        federation_version="2.9",
        config=StrawberryConfig(scalar_map={DateTime: DATE_TIME}),
    )
    schema.services = services
    return schema


def _services(info: strawberry.Info[Any, Any]) -> ConsentServices:
    services: ConsentServices = info.schema.services  # type: ignore[attr-defined]
    return services
