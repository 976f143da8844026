"""The gate as the executor uses it: acquire, release, acknowledge, and a stop in between."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from consent.models import ConsentEvent
from consent.stops.stopping import Revocation
from gateway.server.session import RequestSession
from tests.consent.conftest import AUTHORIZE_URL, World, about, about_worker, asking, own

pytestmark = pytest.mark.anyio


@pytest.fixture
def driver(world: World) -> str:
    world.actor()
    return world.worker(("u1", "uber"), ("w1", "upwork"))


async def test_granted_category_is_leased_delivered_and_logged(world: World, driver: str) -> None:
    grant = world.give(driver, [("uber", "engagements")], refused=[("uber", "ratings")])
    session = asking()
    (decision,) = await world.gate.acquire([about("u1", "engagements", "ratings")], session)
    assert decision.allowed == {"gig:engagements"}
    assert decision.denied["gig:ratings"].extensions == {
        "platform": "uber",
        "category": "ratings",
        "reason": "REFUSED",
        "authorizeUrl": AUTHORIZE_URL,
    }
    assert decision.permit is not None
    assert world.open_leases() == 1
    ended = await world.gate.release([decision.permit], session, {decision.permit: {"gig:engagements": 3}})
    assert ended == {}
    assert world.open_leases() == 1
    await world.gate.acknowledge([decision.permit], session)
    assert world.open_leases() == 0
    told = [
        (event.decision, event.platform, event.category, event.reason, event.records, event.grant_id)
        for event in world.events()
    ]
    assert told == [
        ("deny", "uber", "ratings", "REFUSED", 0, None),
        ("allow", "uber", "engagements", None, 3, grant.id),
    ]


async def test_revoke_waits_for_what_is_being_delivered(world: World, driver: str) -> None:
    """Attack 68, step by step."""
    grant = world.give(driver, [("uber", "engagements")])
    session = asking()
    (decision,) = await world.gate.acquire([about("u1", "engagements")], session)
    permit = decision.permit
    assert permit is not None
    cut = asyncio.Event()
    permit.on_end(cut.set)
    revoking = asyncio.create_task(world.grants.revoke(grant.id, by="worker", reason="worker"))
    await asyncio.wait_for(cut.wait(), 2)
    assert permit.ended
    assert not revoking.done()
    assert await world.gate.release([permit], session, {permit: {"gig:engagements": 1}}) == {
        permit: frozenset({"gig:engagements"})
    }
    await world.gate.acknowledge([permit], session)
    revocation = await revoking
    assert (revocation.status, revocation.open_leases) == ("confirmed", 0)
    assert [(event.decision, event.reason, event.records) for event in world.events()] == [("allow", "DISCARDED", 0)]


async def test_revoke_says_stopping_while_a_lease_is_open(world: World, driver: str) -> None:
    grant = world.give(driver, [("uber", "engagements")])
    (decision,) = await world.gate.acquire([about("u1", "engagements")], asking())
    world.stops._drain = 0.05
    revocation = await world.grants.revoke(grant.id, by="worker", reason="worker")
    assert (revocation.status, revocation.open_leases) == ("stopping", 1)
    await world.gate.acknowledge([decision.permit], asking())
    assert (await world.grants.settle(grant.id)).status == "confirmed"


async def test_what_is_computed_from_ended_data_ends_with_it(world: World, driver: str) -> None:
    world.give(driver, [("uber", "skills"), ("upwork", "skills")])
    session = asking()
    uber, upwork = await world.gate.acquire([about("u1", "skills"), about("w1", "skills", subgraph="upwork")], session)
    (derived,) = await world.gate.acquire(
        [about_worker(driver, "skills", inherited=(uber.permit, upwork.permit))], session
    )
    assert derived.allowed == {"gig:skills"}
    await world.gate.acknowledge([uber.permit], session)
    assert world.open_leases() == 3
    world.stops._drain = 0.05
    stopped = await world.stops.close_account("u1", reason="unlinked")
    assert stopped.status == "stopping"
    ended = await world.gate.release([upwork.permit, derived.permit], session, {})
    assert ended == {derived.permit: frozenset({"gig:skills"})}
    await world.gate.acknowledge([upwork.permit, derived.permit], session)
    assert world.open_leases() == 0


async def test_permit_ends_when_its_grant_expires(world: World, driver: str) -> None:
    """Attack 71: expiry in the middle of a fetch."""
    world.give(driver, [("uber", "engagements")], days=1)
    session = asking()
    (decision,) = await world.gate.acquire([about("u1", "engagements")], session)
    cut = asyncio.Event()
    decision.permit.on_end(cut.set)
    world.clock.advance(timedelta(days=1))
    await asyncio.wait_for(cut.wait(), 2)
    assert await world.gate.release([decision.permit], session, {}) != {}
    (again,) = await world.gate.acquire([about("u1", "engagements")], session)
    assert again.denied["gig:engagements"].extensions["reason"] == "EXPIRED"
    await world.gate.acknowledge([decision.permit], session)
    assert world.grants.expire_due() != []


async def test_a_clock_that_is_set_back_revives_no_grant(world: World, driver: str) -> None:
    """Attack 71: the clock was ahead, or is set wrong, after a grant has run out."""
    grant = world.give(driver, [("uber", "engagements")], days=1)
    world.clock.advance(timedelta(days=1))
    assert world.grants.expire_due() == [grant.id]
    world.clock.advance(-timedelta(hours=5))
    (decision,) = await world.gate.acquire([about("u1", "engagements")], asking())
    assert decision.denied["gig:engagements"].extensions["reason"] == "EXPIRED"


@pytest.mark.parametrize("kind", ["platform", "account", "client", "actor", "worker"])
async def test_every_stop_ends_permits_and_is_confirmed(world: World, driver: str, kind: str) -> None:
    world.give(driver, [("uber", "engagements")])
    session = asking()
    (decision,) = await world.gate.acquire([about("u1", "engagements")], session)
    permit = decision.permit
    permit.on_end(lambda: closing.append(asyncio.ensure_future(world.gate.acknowledge([permit], session))))
    closing: list[asyncio.Future[None]] = []
    stopped: Revocation = await {
        "platform": lambda: world.stops.close_platform("uber", reason="incident"),
        "account": lambda: world.stops.close_account("u1", reason="unlinked"),
        "client": lambda: world.stops.close_client("acme-app", reason="disabled"),
        "actor": lambda: world.stops.suspend_actor("acme"),
        "worker": lambda: world.stops.erase_worker(driver),
    }[kind]()
    assert stopped.status == "confirmed"
    assert permit.ended
    (again,) = await world.gate.acquire([about("u1", "engagements")], session)
    assert again.permit is None
    reasons = {
        "platform": "PLATFORM_SUSPENDED",
        "account": "ACCOUNT_CLOSED",
        "client": "CLIENT_SUSPENDED",
        "actor": "CLIENT_SUSPENDED",
        "worker": "NOT_GRANTED",
    }
    assert again.denied["gig:engagements"].extensions["reason"] == reasons[kind]
    await asyncio.gather(*closing)
    with Session(world.engine) as session:
        types = [event.type for event in session.exec(select(ConsentEvent).order_by(col(ConsentEvent.seq)))]
    assert types[1:] == [f"consent:{kind}:{ {'actor': 'suspend', 'worker': 'erase'}.get(kind, 'close') }"]


async def test_workers_read_their_own_data_and_no_one_elses(world: World, driver: str) -> None:
    other = world.worker(("u2", "uber"))
    mine, theirs = await world.gate.acquire([about("u1", "earnings"), about("u2", "earnings")], own(driver))
    assert mine.allowed == {"gig:earnings"}
    assert theirs.permit is None
    await world.gate.release([mine.permit], own(driver), {mine.permit: {"gig:earnings": 2}})
    await world.gate.acknowledge([mine.permit], own(driver))
    (event,) = [event for event in world.events() if event.decision == "allow"]
    assert (event.worker_id, event.purpose, event.grant_id, event.actor_id) == (driver, "self", None, None)
    assert [event.worker_id for event in world.events() if event.decision == "deny"] == [other]


async def test_denials_without_a_question_are_logged_too(world: World, driver: str) -> None:
    world.give(driver, [("uber", "engagements")])
    (scope,) = await world.gate.acquire([about("u1", "engagements")], asking(scopes=["ratings"]))
    (purpose,) = await world.gate.acquire([about("u1", "engagements")], asking(purpose=None))
    assert [d.denied["gig:engagements"].extensions["reason"] for d in (scope, purpose)] == [
        "SCOPE_MISSING",
        "PURPOSE_MISSING",
    ]
    assert [(event.worker_id, event.reason) for event in world.events()] == [
        (driver, "SCOPE_MISSING"),
        (driver, "PURPOSE_MISSING"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"subgraph": "unheard"},
        {"typename": "Skill"},
        {"typename": None, "key": None},
        {"key": {"id": 7}},
        {"key": {"sku": "u1"}},
        {"key": {"id": "u9"}},
        {"scopes": frozenset({"gig:unheard"})},
        {"scopes": frozenset({"openid"})},
        {"scopes": frozenset({"gig:emotional_state"})},
    ],
)
async def test_what_is_unknown_is_denied(world: World, driver: str, change: dict[str, object]) -> None:
    world.give(driver, [("uber", "engagements")])
    request = replace(about("u1", "engagements"), **change)
    (decision,) = await world.gate.acquire([request], asking())
    assert (decision.permit, decision.allowed) == (None, frozenset())
    assert {scope: denial.extensions["reason"] for scope, denial in decision.denied.items()} == dict.fromkeys(
        request.scopes, "NOT_GRANTED"
    )
    assert world.events() == []


async def test_anonymous_session_is_denied(world: World, driver: str) -> None:
    (decision,) = await world.gate.acquire([about("u1", "engagements")], RequestSession(request_id="r"))
    assert decision.denied["gig:engagements"].extensions["reason"] == "PURPOSE_MISSING"


async def test_repeated_denials_share_a_line(world: World, driver: str) -> None:
    for _ in range(5):
        await world.gate.acquire([about("u1", "engagements")], asking())
    assert [event.repeats for event in world.events()] == [1]
    world.clock.advance(timedelta(minutes=2))
    await world.gate.acquire([about("w1", "engagements", subgraph="upwork")], asking())
    assert sorted(event.repeats for event in world.events()) == [1, 1, 4]


async def test_requests_that_wait_share_a_commit(world: World, driver: str) -> None:
    world.give(driver, [("uber", "engagements")])
    before = world.leases.commits
    decisions = await asyncio.gather(*(world.gate.acquire([about("u1", "engagements")], asking()) for _ in range(50)))
    assert all(decision.allowed for (decision,) in decisions)
    assert world.leases.commits - before <= 5
    await world.gate.acknowledge([decision.permit for (decision,) in decisions], asking())


async def test_store_failure_denies(world: World, driver: str) -> None:
    world.give(driver, [("uber", "engagements")])
    world.leases.close()
    (decision,) = await world.gate.acquire([about("u1", "engagements")], asking())
    assert decision.permit is None
    assert decision.denied["gig:engagements"].extensions["reason"] == "UNDECIDED"
