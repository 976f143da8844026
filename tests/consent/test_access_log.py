"""The access log as the worker reads it: own lines only, filtered, searched, paged; and nobody can change it."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consent.access_log import AccessFilter
from tests.consent.conftest import World, about, asking

pytestmark = pytest.mark.anyio


@pytest.fixture
async def anna(world: World) -> str:
    """A worker with five delivered reads and one denial, among another worker's."""
    world.actor()
    anna, bo = world.worker(("u1", "uber"), ("w1", "upwork")), world.worker(("u2", "uber"))
    for worker in (anna, bo):
        world.give(worker, [("uber", "engagements"), ("uber", "ratings"), ("upwork", "ratings")])
    for account, subgraph, categories in (
        ("u1", "uber", ["engagements", "ratings"]),
        ("u2", "uber", ["engagements"]),
        ("w1", "upwork", ["ratings", "earnings"]),
        ("u1", "uber", ["engagements", "ratings"]),
    ):
        session = asking()
        (decision,) = await world.gate.acquire([about(account, *categories, subgraph=subgraph)], session)
        await world.gate.release([decision.permit], session, {decision.permit: dict.fromkeys(decision.allowed, 2)})
        await world.gate.acknowledge([decision.permit], session)
        world.clock.advance(timedelta(minutes=10))
    return anna


@pytest.mark.parametrize(
    ("matching", "count"),
    [
        (AccessFilter(), 6),
        (AccessFilter(platform="uber"), 4),
        (AccessFilter(category="ratings"), 3),
        (AccessFilter(decision="deny"), 1),
        (AccessFilter(actor_id="acme"), 6),
        (AccessFilter(actor_id="umbra"), 0),
        (AccessFilter(purpose="training"), 0),
        (AccessFilter(text="upw"), 2),
        (AccessFilter(text="ACM"), 6),
        (AccessFilter(text="%"), 0),
    ],
)
async def test_lines_are_filtered(world: World, anna: str, matching: AccessFilter, count: int) -> None:
    page = world.log.page(anna, matching=matching)
    assert (len(page.records), page.total, page.next_before) == (count, count, None)


async def test_lines_tell_who_what_why_when(world: World, anna: str) -> None:
    newest = world.log.page(anna, size=1).records[0]
    assert (newest.actor_name, newest.purpose, newest.platform, newest.decision, newest.records) == (
        "Acme",
        "job_matching",
        "uber",
        "allow",
        2,
    )
    assert newest.at == world.clock() - timedelta(minutes=10)
    since = world.log.page(anna, matching=AccessFilter(since=newest.at))
    assert {record.id for record in since.records} <= {record.id for record in world.log.page(anna).records[:2]}
    (grant,) = world.grants.of_worker(anna)
    assert world.log.last_by_grant(anna) == {grant.id: newest.at}


async def test_pages_join_without_gap_or_overlap(world: World, anna: str) -> None:
    seen, before = [], None
    while True:
        page = world.log.page(anna, before=before, size=4)
        seen += [record.id for record in page.records]
        assert page.total == 6
        before = page.next_before
        if before is None:
            break
    whole = [record.id for record in world.log.page(anna).records]
    assert seen == whole
    newer = world.log.page(anna, after=whole[-1], size=4)
    assert [record.id for record in newer.records] == whole[1:5]
    assert (newer.next_after, newer.next_before) == (whole[1], whole[4])
    top = world.log.page(anna, after=whole[1], size=4)
    assert ([record.id for record in top.records], top.next_after) == (whole[:1], None)
    assert (world.log.actors(anna), world.log.platforms(anna)) == ([("acme", "Acme")], ["uber", "upwork"])


@pytest.mark.parametrize("statement", ["DELETE FROM access_event", "UPDATE access_event SET records = 0"])
async def test_lines_stay(world: World, anna: str, statement: str) -> None:
    with pytest.raises(DBAPIError), world.engine.begin() as connection:
        connection.execute(text(statement))
