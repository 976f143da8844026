"""Revocation in the consent subgraph: by the worker who gave the grant, or by the actor that it was given to.

Granting has no mutation: it happens on the consent page alone, where the worker sees what they allow.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Any, Protocol, cast

import strawberry
from graphql import GraphQLError

from consent.grants.lifecycle import By, GrantService
from consent.subgraph.types import is_party, session_of


class RevokeServices(Protocol):
    """What the resolver needs of `ConsentServices`."""

    @property
    def grants(self) -> GrantService:
        """Finds and ends grants."""
        ...


@strawberry.enum
class RevocationStatus(Enum):
    """How far a revocation has come."""

    CONFIRMED = strawberry.enum_value(
        "confirmed", description="Nothing is read or delivered under the grant any more, in any process."
    )
    STOPPING = strawberry.enum_value(
        "stopping", description="Nothing new is read, but a process has not yet let go: ask again."
    )


@strawberry.type
class Revocation:
    """The answer to a revocation."""

    status: RevocationStatus
    open_fetches: int
    waited_milliseconds: float


async def resolve_revoke_grant(info: strawberry.Info[Any, Any], id: strawberry.ID) -> Revocation:
    """End a grant that the asker is a party to. One answer for grants that are unknown and those of others."""
    session = session_of(info)
    grants = cast(RevokeServices, info.schema.services).grants  # type: ignore[attr-defined]
    record = await asyncio.to_thread(grants.find, id)
    if record is None or not is_party(session, record):
        raise GraphQLError("There is no such grant.", extensions={"code": "NOT_FOUND"})
    by: By = "worker" if session.kind == "worker" else "actor"
    by_id = session.worker_id if session.kind == "worker" else session.actor_id
    revocation = await grants.revoke(id, by=by, by_id=by_id, reason=by)
    return Revocation(
        status=RevocationStatus(revocation.status),
        open_fetches=revocation.open_leases,
        waited_milliseconds=revocation.waited_ms,
    )


@strawberry.type
class RevokeMutation:
    """What the parties to a grant can do about it."""

    revoke_grant: Revocation = strawberry.field(
        resolver=resolve_revoke_grant,
        description="End a grant; answers once nothing is read under it any more, or says that something still is.",
    )
