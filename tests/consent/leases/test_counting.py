"""What may be read to count: under `statistics`, as far as the words go that the worker agreed to."""

import asyncio
from dataclasses import replace

import pytest

from consent.grants.records import GrantRecord
from consent.leases.gate import ScopeDecision
from consent.vocabulary import CATEGORIES, COUNTED, FORMER_CATEGORIES
from gateway.server.session import RequestSession
from tests.consent.conftest import World, about, about_worker, asking

pytestmark = pytest.mark.anyio

SCOPES = ("skills", "earnings", "statistics", "ratings")


@pytest.fixture
def driver(world: World) -> str:
    world.actor()
    return world.worker(("u1", "uber"))


@pytest.fixture(params=[1, 2])
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def give(world: World, driver: str, version: int, **options: object) -> GrantRecord:
    """Grant `statistics`, in a Gigway whose words are of a version."""
    today = CATEGORIES["statistics"]
    former = {term.version: term for term in FORMER_CATEGORIES if term.id == "statistics"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(CATEGORIES, "statistics", {**former, today.version: today}[version])
        return world.give(driver, [("*", "statistics")], purpose="employment_service", **options)


def counting(**changes: object) -> RequestSession:
    session = asking(purpose="employment_service", scopes=SCOPES)
    return replace(session, counting=True, token_ref="background count", **changes)


async def ask(world: World, session: RequestSession, *categories: str) -> ScopeDecision:
    (decision,) = await world.gate.acquire([about("u1", *categories)], session)
    if decision.permit is not None:
        records = dict.fromkeys(decision.allowed, 1)
        assert await world.gate.release([decision.permit], session, {decision.permit: records}) == {}
        await world.gate.acknowledge([decision.permit], session)
    return decision


def told(world: World) -> list[tuple[str, str, str | None, int, str | None]]:
    return [(each.decision, each.category, each.reason, each.records, each.token_ref) for each in world.events()]


async def test_earnings_are_counted_only_for_those_who_agreed_to_words_that_say_so(
    world: World, driver: str, version: int
) -> None:
    give(world, driver, version)
    decision = await ask(world, counting(), "skills", "earnings")
    counted = ("allow", "statistics", None, 1, "background count")
    if version == 1:
        assert decision.allowed == {"gig:skills"}
        assert decision.denied["gig:earnings"].extensions["reason"] == "NOT_GRANTED"
        assert told(world) == [("deny", "earnings", "NOT_GRANTED", 0, "background count"), counted]
    else:
        assert (decision.allowed, dict(decision.denied)) == ({"gig:skills", "gig:earnings"}, {})
        assert told(world) == [counted]


async def test_what_is_worked_out_to_count_goes_by_the_same_words(world: World, driver: str, version: int) -> None:
    give(world, driver, version)
    session = counting()
    pay, lacking = await world.gate.acquire(
        [about_worker(driver, "earnings", "statistics"), about_worker(driver, "skills", "statistics")], session
    )
    assert pay.allowed == ({"gig:statistics"} if version == 1 else {"gig:earnings", "gig:statistics"})
    assert lacking.allowed == {"gig:skills", "gig:statistics"}
    await world.gate.acknowledge([each.permit for each in (pay, lacking) if each.permit], session)


async def test_an_actor_reads_nothing_of_what_is_read_to_count(world: World, driver: str) -> None:
    give(world, driver, 2)
    assert (await ask(world, replace(counting(), counting=False), "skills", "earnings")).allowed == set()


async def test_what_is_granted_to_the_actor_is_not_granted_to_count(world: World, driver: str) -> None:
    world.give(driver, [("uber", "earnings"), ("uber", "skills")], purpose="employment_service")
    assert (await ask(world, counting(), "skills", "earnings")).allowed == set()
    assert (await ask(world, counting(), "ratings")).allowed == set()


async def test_what_is_counted_under_no_category_is_not_read_to_count(world: World, driver: str) -> None:
    give(world, driver, 2)
    world.give(driver, [("uber", "ratings")], purpose="employment_service")
    assert "ratings" not in COUNTED
    assert (await ask(world, counting(), "ratings")).allowed == set()


async def test_whoever_refused_statistics_is_not_counted(world: World, driver: str) -> None:
    world.give(driver, [("uber", "skills")], refused=[("*", "statistics")], purpose="employment_service")
    decision = await ask(world, counting(), "earnings")
    assert decision.denied["gig:earnings"].extensions["reason"] == "REFUSED"


async def test_an_older_grant_stays_and_a_newer_one_adds_to_it(world: World, driver: str) -> None:
    """Somebody who agreed twice is counted by the newer words, for as long as that grant is in force."""
    give(world, driver, 1, days=90)
    newer = give(world, driver, 2, days=30)
    assert (await ask(world, counting(), "skills", "earnings")).allowed == {"gig:skills", "gig:earnings"}
    bound = counting(grant_id=newer.id)
    assert (await ask(world, bound, "earnings")).allowed == {"gig:earnings"}
    await world.grants.revoke(newer.id, by="worker", reason="x")
    assert (await ask(world, counting(), "skills", "earnings")).allowed == {"gig:skills"}
    assert (await ask(world, bound, "earnings")).allowed == set()


async def test_a_replacement_brings_the_newer_words(world: World, driver: str) -> None:
    older = give(world, driver, 1)
    assert (await ask(world, counting(), "earnings")).allowed == set()
    give(world, driver, 2, replaces=older.id)
    assert (await ask(world, counting(), "earnings")).allowed == {"gig:earnings"}


async def test_what_was_read_to_count_is_dropped_when_the_grant_ends(world: World, driver: str) -> None:
    grant = give(world, driver, 2)
    session = counting()
    (decision,) = await world.gate.acquire([about("u1", "skills", "earnings")], session)
    permit = decision.permit
    assert permit is not None
    assert world.open_leases() == 1
    ended = asyncio.Event()
    permit.on_end(ended.set)
    stopping = asyncio.create_task(world.grants.revoke(grant.id, by="worker", reason="x"))
    await asyncio.wait_for(ended.wait(), 2)
    both = {permit: frozenset({"gig:skills", "gig:earnings"})}
    assert await world.gate.release([permit], session, {permit: {"gig:earnings": 1}}) == both
    await world.gate.acknowledge([permit], session)
    assert (await stopping).status == "confirmed"
    assert [(each.category, each.records) for each in world.events()] == [("statistics", 0)]
