"""A large pool is read in a thread of its own: nobody waits for long, and nobody is shown half of it."""

import asyncio
import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from graph.errors import NotReadyError
from graph.finding import pools as pools_module
from graph.finding.opening import PoolOpener
from graph.matching import worker_index
from graph.matching.worker_index import WorkerIndex

KEY = ("acme", "job_matching")


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(pools_module, "BATCH", 2)


@pytest.fixture
def opener(market):
    return PoolOpener(market.clock, few=2, patience=30)


def test_a_pool_that_was_opened_ranks_like_one_that_was_read_at_once(market, opener, run, monkeypatch):
    people = [market.found(level)[1] for level in (0.9, 0.7, 0.5, 0.3, 0.1)]
    pools = market.pools()
    run(opener.ready(pools.of(*KEY)))
    assert len(pools.of(*KEY)) == 5
    monkeypatch.setattr(pools_module, "BATCH", 1_000)
    assert market.ranking(pools) == market.ranking(market.pools()) == people


def test_few_changes_are_left_to_the_ranking(market, opener, run, caplog):
    for level in (0.9, 0.7):
        market.found(level)
    pools = market.pools()
    with caplog.at_level(logging.INFO):
        run(opener.ready(pools.of(*KEY)))
    assert (len(pools.of(*KEY)), [each.message for each in caplog.records]) == (0, [])
    assert len(market.ranking(pools)) == 2


def test_who_asks_while_a_pool_is_read_is_told_how_far_it_is_and_others_go_on(market, run):
    for level in (0.9, 0.7, 0.5):
        market.found(level)
    market.store(market.grant(market.worker(), purpose="training"))
    opener, pools = PoolOpener(market.clock, few=2, patience=0.01), market.pools()
    pool = pools.of(*KEY)

    async def ask():
        with pool._lock:  # as if reading took long
            with pytest.raises(NotReadyError) as told:
                await opener.ready(pool)
            await opener.ready(pools.of("acme", "training"))
        await opener.opened(pool)
        await opener.ready(pool)
        return told.value

    error = run(ask())
    assert (error.code, error.done, error.total) == ("MATCHING_NOT_READY", 0, 3)
    assert "0 of 3" in str(error)
    assert len(market.ranking(pools)) == 3


def test_a_pool_is_opened_once_however_many_ask(market, opener, run, caplog):
    for level in (0.9, 0.7, 0.5):
        market.found(level)
    pool = market.pools().of(*KEY)

    async def ask():
        await asyncio.gather(*(opener.ready(pool) for _ in range(20)))

    with caplog.at_level(logging.INFO):
        run(ask())
    told = [(each.message, each.done) for each in caplog.records if each.message.startswith("graph:matching")]
    assert told == [("graph:matching:open", 0), ("graph:matching:opened", 3)]


def test_whose_grant_ends_while_a_pool_is_read_is_in_no_ranking(market, run):
    people = [market.found(level) for level in (0.9, 0.7, 0.5, 0.3)]
    pools = market.pools()
    pool = pools.of(*KEY)
    assert pool.read_on(market.clock())
    assert len(pool) == 2
    for _, grant_id in (people[0], people[3]):
        run(market.grants.revoke(grant_id, by="worker", reason="x"))
    assert market.ranking(pools) == [people[1][1], people[2][1]]


def test_a_failure_is_told_to_who_waits_and_the_next_one_tries_again(market, opener, run):
    for level in (0.9, 0.7, 0.5):
        market.found(level)
    pools = market.pools()
    with market.engine.begin() as connection:
        connection.execute(text("ALTER TABLE matching_vector RENAME TO elsewhere"))
    with pytest.raises(DBAPIError):
        run(opener.ready(pools.of(*KEY)))
    with market.engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO matching_vector"))
    run(opener.ready(pools.of(*KEY)))
    assert len(pools.of(*KEY)) == 3


def test_pools_are_dropped_when_there_are_too_many_workers_in_all(market, monkeypatch):
    market.found()
    market.store(market.grant(market.worker(), purpose="training"))
    monkeypatch.setattr(pools_module, "MAX_WORKERS", 1)
    pools = market.pools()
    first = pools.of(*KEY)
    first.items(now=market.clock())
    pools.of("acme", "training").items(now=market.clock())
    assert pools.of("acme", "training") is pools.of("acme", "training"), "one is kept, however large"
    assert pools.of(*KEY) is not first
    assert len(market.ranking(pools)) == 1


def test_segments_stay_small_and_rank_alike(market, monkeypatch):
    _, entries = zip(*(market.found(level) for level in (0.9, 0.7, 0.5, 0.3, 0.2, 0.1)), strict=True)
    profiles = [(grant, entry.profile) for grant, entry in market.pools().of(*KEY).items(now=market.clock())]
    assert {grant for grant, _ in profiles} == set(entries)
    whole = WorkerIndex(market.graph)
    whole.put(profiles)
    monkeypatch.setattr(worker_index, "LARGEST", 4)
    parts = WorkerIndex(market.graph)
    for each in profiles:
        parts.put([each])
    assert max(len(each.workers) for each in parts._segments) <= 4
    assert parts.rank(market.offer, limit=10) == whole.rank(market.offer, limit=10)
