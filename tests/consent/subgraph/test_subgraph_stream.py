"""Following one's own access log: every event once, in order, with its proof; nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.log import AuditLog
from consent.audit.log_signer import Signer
from consent.subgraph.schema import ConsentSchema, ConsentServices, build_schema
from gateway.server.session import RequestSession
from tests.consent.conftest import AUTHORIZE_URL, World, about, asking, own

pytestmark = pytest.mark.anyio
FOLLOW = "subscription ($after: ID) { accessEvents(after: $after) { id category decision proof { leafIndex } } }"


@pytest.fixture
def audit(world: World) -> AuditLog:
    return AuditLog(world.engine, Signer("gigway.example/log", Ed25519PrivateKey.generate()), clock=world.clock)


@pytest.fixture
def schema(world: World, audit: AuditLog) -> ConsentSchema:
    world.actor()
    return build_schema(
        ConsentServices(
            world.engine,
            grants=world.grants,
            contacts=world.contacts,
            leases=world.leases,
            authorize_url=AUTHORIZE_URL,
            audit=audit,
            clock=world.clock,
            follow_seconds=0.01,
        )
    )


async def follow(schema: ConsentSchema, session: RequestSession, after: str | None = None) -> AsyncGenerator[Any, None]:
    opened = await schema.subscribe(FOLLOW, variable_values={"after": after}, context_value={"session": session})
    assert isinstance(opened, AsyncGenerator)
    return opened


async def refused(schema: ConsentSchema, session: RequestSession, after: str | None = None) -> str:
    first = await anext(await follow(schema, session, after))
    assert first.data is None
    return str(first.errors[0].extensions["code"])


async def read(world: World, account: str, *categories: str) -> None:
    session = asking()
    decisions = await world.gate.acquire([about(account, *categories)], session)
    permits = [decision.permit for decision in decisions if decision.permit is not None]
    await world.gate.release(permits, session, {})
    await world.gate.acknowledge(permits, session)


async def test_events_come_as_they_are_logged_each_with_its_proof(
    world: World, schema: ConsentSchema, audit: AuditLog
) -> None:
    anna, robin = world.worker(("u1", "uber")), world.worker(("u2", "uber"))
    for worker in (anna, robin):
        world.give(worker, [("uber", "ratings")])
    await read(world, "u1", "ratings")
    audit.advance()
    stream = await follow(schema, own(anna))
    upcoming = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.05)
    assert not upcoming.done(), "what was before is not told"
    await read(world, "u2", "ratings")
    await read(world, "u1", "ratings")
    await read(world, "u1", "earnings")
    audit.advance()
    found = [await upcoming, await anext(stream)]
    events = [each.data["accessEvents"] for each in found]
    assert [(each["category"], each["decision"]) for each in events] == [("ratings", "ALLOW"), ("earnings", "DENY")]
    places = [each["proof"]["leafIndex"] for each in events]
    assert places == sorted(places)
    await stream.aclose()

    again = await follow(schema, own(anna), after=events[0]["id"])
    assert (await anext(again)).data["accessEvents"] == events[1]
    await again.aclose()


async def test_an_event_written_late_is_not_missed(world: World, schema: ConsentSchema, audit: AuditLog) -> None:
    """Two batches of the sequencer between two looks, and hundreds of events: each comes once."""
    anna = world.worker(("u1", "uber"))
    world.give(anna, [("uber", "ratings")])
    stream = await follow(schema, own(anna))
    upcoming = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.03)
    for _ in range(3):
        for _ in range(7):
            await read(world, "u1", "ratings")
        audit.advance()
    ids = [int((await upcoming).data["accessEvents"]["id"])]
    ids += [int((await anext(stream)).data["accessEvents"]["id"]) for _ in range(20)]
    assert ids == sorted(set(ids))
    assert ids == [event.id for event in world.events()]
    await stream.aclose()


async def test_only_workers_follow_and_only_their_own(world: World, schema: ConsentSchema, audit: AuditLog) -> None:
    anna, robin = world.worker(("u1", "uber")), world.worker()
    world.give(anna, [("uber", "ratings")])
    await read(world, "u1", "ratings")
    audit.advance()
    (event,) = world.events()
    assert await refused(schema, asking()) == "FORBIDDEN"
    assert await refused(schema, own(anna, purpose="job_matching")) == "FORBIDDEN"
    assert await refused(schema, RequestSession(request_id="r")) == "FORBIDDEN"
    assert await refused(schema, own(robin), after=str(event.id)) == "BAD_USER_INPUT"
    for invented in ("x", "-1", "9" * 30, "１"):
        assert await refused(schema, own(anna), after=invented) == "BAD_USER_INPUT"
