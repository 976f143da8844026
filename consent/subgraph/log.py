"""Access events in the consent subgraph: workers read who read what of theirs, each with a proof that it is in the log.

A proof needs nothing but the log's public key: the leaf's hash, its place, the path to the root, and the checkpoint.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from enum import Enum
from typing import Any, Protocol, cast

import strawberry

from consent.access_log import AccessFilter, AccessLog, AccessRecord
from consent.audit.cosignatures import Cosignatures
from consent.audit.log import AuditLog
from consent.subgraph.types import (
    DateTime,
    PageInfo,
    bad_input,
    decode_cursor,
    encode_cursor,
    page_info,
    page_size,
    session_of,
)


class LogServices(Protocol):
    """What the resolvers need of `ConsentServices`."""

    @property
    def access_log(self) -> AccessLog:
        """Reads the access log."""
        ...

    @property
    def audit(self) -> AuditLog | None:
        """Gives proofs; None where no audit log is kept."""
        ...

    @property
    def cosignatures(self) -> Cosignatures:
        """What witnesses have signed."""
        ...


_DIGITS = 18
"""A number of more digits could overflow the database's."""


@strawberry.enum
class AccessDecision(Enum):
    """Whether an access was allowed."""

    ALLOW = "allow"
    DENY = "deny"


@strawberry.type
class AccessProof:
    """Proof that an event is a leaf of the audit log (RFC 9162 §2.1.3). Hashes in hexadecimal."""

    leaf_hash: str
    leaf_index: int
    tree_size: int
    path: list[str]
    checkpoint: str = strawberry.field(
        description="The signed checkpoint, a C2SP note, with the signatures of the witnesses that it has."
    )


async def resolve_proof(root: Any, info: strawberry.Info[Any, Any], cosigned: bool = False) -> AccessProof | None:
    """Return the proof of one event; null while no checkpoint covers it."""
    return await asyncio.to_thread(_prove, _services(info), int(root.id), cosigned=cosigned)


def _prove(services: LogServices, event_id: int, *, cosigned: bool) -> AccessProof | None:
    audit, cosignatures = services.audit, services.cosignatures
    size = cosignatures.cosigned_size() if cosigned else None
    if audit is None or (cosigned and size is None):
        return None
    proof = audit.inclusion("access", event_id, size=size)
    if proof is None:
        return None
    return AccessProof(
        leaf_hash=proof.leaf.hex(),
        leaf_index=proof.index,
        tree_size=proof.size,
        path=[step.hex() for step in proof.path],
        checkpoint=proof.note + cosignatures.lines(proof.size),
    )


@strawberry.type
class AccessEvent:
    """One access to one category of the viewer's data, or several equal denials."""

    id: strawberry.ID
    at: DateTime
    actor: str | None = strawberry.field(description="The actor's trading name; null when it was the worker.")
    purpose: str | None
    platform: str
    category: str
    decision: AccessDecision
    reason: str | None = strawberry.field(description="Why it was denied, or not delivered.")
    records: int
    repeats: int
    proof: AccessProof | None = strawberry.field(
        resolver=resolve_proof,
        description="Proof that the event is in the audit log, about a second after it: by its newest checkpoint, or, "
        "with `cosigned`, by the newest one that a witness has signed too; null while there is none with the event.",
    )


@strawberry.type
class AccessEventEdge:
    """An event in a page."""

    cursor: str
    node: AccessEvent


@strawberry.type
class AccessEventConnection:
    """A page of events, newest first."""

    edges: list[AccessEventEdge]
    page_info: PageInfo
    total_count: int


async def resolve_access_events(
    info: strawberry.Info[Any, Any],
    first: int | None = 20,
    after: str | None = strawberry.UNSET,
    platform: str | None = strawberry.UNSET,
    category: str | None = strawberry.UNSET,
    decision: AccessDecision | None = strawberry.UNSET,
    actor: strawberry.ID | None = strawberry.UNSET,
    purpose: str | None = strawberry.UNSET,
    since: DateTime | None = strawberry.UNSET,
    until: DateTime | None = strawberry.UNSET,
    search: str | None = strawberry.UNSET,
) -> AccessEventConnection:
    """Return the accesses to the asker's own data; nobody else has any."""
    session, size, position = session_of(info), page_size(first), decode_cursor(after, 1)
    if session.kind != "worker" or session.worker_id is None:
        return AccessEventConnection(edges=[], page_info=page_info([], more=False, after=after), total_count=0)
    before = event_number(position[0]) if position is not None else None
    if position is not None and before is None:
        raise bad_input("The cursor is not one of ours.")
    page = await asyncio.to_thread(
        _services(info).access_log.page,
        session.worker_id,
        matching=AccessFilter(
            platform=platform or None,
            category=category or None,
            decision=decision.value if decision else None,
            actor_id=actor or None,
            purpose=purpose or None,
            since=_instant(since, "since"),
            until=_instant(until, "until"),
            text=search or None,
        ),
        before=before,
        size=size,
    )
    edges = [
        AccessEventEdge(cursor=encode_cursor(str(record.id)), node=access_event(record)) for record in page.records
    ]
    return AccessEventConnection(
        edges=edges,
        page_info=page_info([edge.cursor for edge in edges], more=page.next_before is not None, after=after),
        total_count=page.total,
    )


def event_number(text: str) -> int | None:
    """Read the number of an event; None for what cannot be one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None


def access_event(record: AccessRecord) -> AccessEvent:
    """Return a line of the log as the schema has it."""
    return AccessEvent(
        id=strawberry.ID(str(record.id)),
        at=DateTime(record.at),
        actor=record.actor_name,
        purpose=record.purpose,
        platform=record.platform,
        category=record.category,
        decision=AccessDecision(record.decision),
        reason=record.reason,
        records=record.records,
        repeats=record.repeats,
    )


def _instant(value: datetime | None, name: str) -> datetime | None:
    """Return a given instant, None for none. Raises a client error for one without an offset."""
    if not value:
        return None
    if value.tzinfo is None:
        raise bad_input(f"{name} needs an offset, such as Z.")
    return value


def _services(info: strawberry.Info[Any, Any]) -> LogServices:
    return cast(LogServices, info.schema.services)  # type: ignore[attr-defined]
