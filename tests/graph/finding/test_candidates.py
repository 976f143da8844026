"""The search over real leases: who is shown has one, who has none is not shown, and the next one moves up."""

import asyncio
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import text

from consent.leases.decision import Asker
from consent.leases.search_permit import SearchAdmission, SearchPermit
from graph.errors import InvalidArgumentError, InvalidCursorError
from graph.finding.candidates import CandidateSearch
from graph.finding.rankings import OtherModelError, UnknownRankingError


@dataclass
class Session:
    kind: str = "actor"
    actor_id: str | None = "acme"
    worker_id: str | None = None
    purpose: str | None = "job_matching"
    grant_id: str | None = None
    request_id: str = "r1"
    counting: bool = False


class Searcher:
    """One process that searches."""

    def __init__(self, market):
        self.market = market
        self.pools = market.pools()
        self.search = CandidateSearch(self.pools, market.log, SearchAdmission(), market.clock)

    def permit(self):
        asker = Asker(
            kind="actor", actor_id="acme", client_id="acme-app", purpose="job_matching", request_id="r1", token_ref="t"
        )
        return SearchPermit(self.market.leases, asker=asker, category="matching")

    async def find(self, first=10, after=None, session=None, permit=None, during=None):
        permit = permit or self.permit()
        found = await self.search.find(self.market.offer, session or Session(), permit, first=first, after=after)
        if during is not None:
            during(permit)
        await self.market.leases.acknowledge(await permit.close())
        return found


@pytest.fixture
def searcher(market):
    return Searcher(market)


def test_pages_continue_in_one_order(market, searcher, run):
    people = [market.found(level)[0] for level in (0.9, 0.8, 0.7, 0.6, 0.5)]

    async def pages():
        after, seen = None, []
        while True:
            page = await searcher.find(first=2, after=after)
            seen.append([worker for _, worker in page.workers])
            if not page.has_next:
                return seen
            after = page.workers[-1][0]

    assert run(pages()) == [people[:2], people[2:4], people[4:]]


def test_a_page_continues_where_the_last_one_ended_whoever_has_left(market, searcher, run):
    people = [market.found(level) for level in (0.9, 0.8, 0.7, 0.6)]
    first = run(searcher.find(first=2))
    run(market.grants.revoke(people[1][1], by="worker", reason="x"))
    second = run(searcher.find(first=2, after=first.workers[-1][0]))
    assert [worker for _, worker in second.workers] == [people[2][0], people[3][0]]


def test_whoever_is_refused_is_left_out_and_the_next_one_moves_up(market, searcher, run):
    """The index is made to remember a grant that has ended: the lease alone keeps them out."""
    people = [market.found(level) for level in (0.9, 0.8, 0.7)]
    run(searcher.find())
    run(market.grants.revoke(people[0][1], by="worker", reason="x"))
    pool = searcher.pools.of("acme", "job_matching")
    pool._catch_up = lambda now: None
    found = run(searcher.find(first=2))
    assert [worker for _, worker in found.workers] == [people[1][0], people[2][0]]
    shown = market.log.entry(found.ranking).shown
    assert [each.grant_id for each in shown] == [people[1][1], people[2][1]]


def test_everybody_who_is_shown_holds_a_lease_until_the_answer_has_left(market, searcher, run):
    for level in (0.9, 0.8, 0.7):
        market.found(level)
    counts = []
    run(searcher.find(first=2, during=lambda permit: counts.append((len(permit.members), market.count("fetch_lease")))))
    assert counts == [(2, 2)]
    assert market.count("fetch_lease") == 0


def test_the_search_ends_with_the_first_lease_that_ends(market, searcher, run):
    _, grant_id = market.found()

    async def revoke_meanwhile():
        permit, told = searcher.permit(), []
        permit.on_end(lambda: told.append("end"))
        await searcher.search.find(market.offer, Session(), permit, first=5, after=None)
        assert not permit.ended
        stopping = asyncio.create_task(market.grants.revoke(grant_id, by="worker", reason="x"))
        while not permit.ended:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert await permit.admit([(grant_id, "w")]) == [False]
        await market.leases.acknowledge(await permit.close())
        return told, (await stopping).status

    assert run(revoke_meanwhile()) == (["end"], "confirmed")


def test_a_search_that_is_given_up_leaves_no_lease(market, searcher, run):
    market.found()

    async def give_up():
        permit = searcher.permit()
        task = asyncio.create_task(searcher.search.find(market.offer, Session(), permit, first=5, after=None))
        while not permit._acquiring and not task.done():  # noqa: ASYNC110
            await asyncio.sleep(0)
        task.cancel()
        await market.leases.acknowledge(await permit.close())
        assert await permit.admit([("g", "w")]) == [False]

    run(give_up())
    assert market.count("fetch_lease") == 0


@pytest.mark.parametrize(
    "session",
    [
        Session(kind="worker", actor_id=None, worker_id="w", purpose="self"),
        Session(kind="anonymous", actor_id=None, purpose=None),
        Session(purpose=None),
        Session(purpose="training"),
        Session(actor_id="other"),
        Session(grant_id="another grant"),
    ],
)
def test_nobody_else_finds_anybody(market, searcher, run, session):
    market.found()
    found = run(searcher.find(session=session))
    assert (list(found.workers), found.has_next, found.ranking) == ([], False, None)


def test_without_a_permit_of_a_search_nobody_is_shown(market, searcher, run):
    market.found()
    found = run(searcher.search.find(market.offer, Session(), None, first=5, after=None))
    assert (list(found.workers), found.ranking) == ([], None)


def test_a_token_of_one_grant_finds_its_own_worker_only(market, searcher, run):
    market.found(0.9)
    worker_id, grant_id = market.found(0.5)
    found = run(searcher.find(session=Session(grant_id=grant_id)))
    assert [worker for _, worker in found.workers] == [worker_id]


@pytest.mark.parametrize("first", [0, -1, 51])
def test_page_sizes_are_bounded(searcher, run, first):
    with pytest.raises(InvalidArgumentError):
        run(searcher.find(first=first))


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwgImIiXQ"])
def test_foreign_cursors_are_refused(searcher, run, cursor):
    with pytest.raises(InvalidCursorError):
        run(searcher.find(after=cursor))


def test_a_ranking_is_replayed_from_its_entry(market, searcher, run):
    people = [market.found(level) for level in (0.9, 0.8, 0.7)]
    entry_id = run(searcher.find(first=3)).ranking
    market.store(people[2][1], 0.95)  # what is known now does not matter
    replay = market.log.replay(entry_id)
    assert replay.is_same
    assert replay.entry.count == 3
    assert [each.place for each in replay.entry.shown] == [1, 2, 3]
    assert market.log.recent(limit=5)[0][0] == entry_id


def test_what_is_left_of_an_entry_is_replayed_when_grants_have_ended(market, searcher, run):
    people = [market.found(level) for level in (0.9, 0.8, 0.7)]
    entry_id = run(searcher.find(first=3)).ranking
    run(market.grants.revoke(people[0][1], by="worker", reason="x"))
    replay = market.log.replay(entry_id)
    assert replay.is_same
    assert (replay.entry.count, [each.grant_id for each in replay.entry.shown]) == (3, [people[1][1], people[2][1]])


def test_a_replay_knows_the_market_of_its_time(market, searcher, run):
    market.found(0.1)
    before = run(searcher.find()).ranking
    market.graph = market.graph.with_market(replace(market.graph.market, training=()))
    after = run(searcher.find()).ranking
    values = [
        {each.name: each.value for each in market.log.entry(entry).shown[0].features} for entry in (before, after)
    ]
    assert values[0]["within_reach"] > values[1]["within_reach"]
    assert market.log.replay(before).is_same
    assert market.log.replay(after).is_same


def test_a_replay_notices_another_score(market, searcher, run, monkeypatch):
    market.found(0.1)
    entry_id = run(searcher.find()).ranking
    assert market.log.replay(entry_id).is_same
    monkeypatch.setattr("graph.matching.worker_index.REACH_HOURS", 1.0)
    replay = market.log.replay(entry_id)
    assert not replay.is_same
    assert len(replay.differing) == 1


def test_a_replay_by_another_model_or_taxonomy_is_refused(market, searcher, run):
    market.found()
    entry_id = run(searcher.find()).ranking
    with market.engine.begin() as connection:
        connection.execute(text("UPDATE matching_ranking SET taxonomy = 'dropped'"))
    with pytest.raises(OtherModelError, match="not kept any more"):
        market.log.replay(entry_id)
    with market.engine.begin() as connection:
        connection.execute(text("UPDATE matching_ranking SET model = 'linear-0'"))
    with pytest.raises(OtherModelError, match="linear-0"):
        market.log.replay(entry_id)
    with pytest.raises(UnknownRankingError):
        market.log.replay("nothing")
