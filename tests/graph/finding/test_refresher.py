"""The work in the background: once each, later again after failures, nothing for grants that have ended."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

import pytest
from sqlalchemy import text

from graph.finding.refresher import Refresher
from graph.matching.preferences import Preferences
from graph.matching.profile import Profile

NOTHING = Profile(low={}, held=frozenset(), practice={})


@dataclass
class Reading:
    """What an engine answers."""

    data: dict | None
    errors: list = field(default_factory=list)
    closed: int = 0

    async def acknowledge(self):
        self.closed += 1


class Engine:
    """Answers with what it is told to, and notes who was read."""

    def __init__(self):
        self.read, self.answers = [], []
        self.errors, self.data, self.failure = [], {"worker": {"matchingProfile": NOTHING.to_bytes().decode()}}, None
        self.meanwhile = lambda: None

    async def __call__(self, grant):
        self.read.append(grant.grant_id)
        if self.failure is not None:
            raise self.failure
        self.meanwhile()
        self.answers.append(Reading(self.data, self.errors))
        return self.answers[-1]


@pytest.fixture
def engine():
    return Engine()


def refresher(market, engine):
    return Refresher(market.engine, market.consents, market.vectors, engine, clock=market.clock, chance=Random(1))


def due_in(market, grant_id):
    with market.engine.connect() as connection:
        found = connection.execute(text("SELECT due_at FROM matching_task WHERE grant_id = :g"), {"g": grant_id})
        value = found.scalar_one()
    due = datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value
    return (due - market.clock()).total_seconds()


def test_a_new_grant_is_read_once_and_again_a_day_later(market, engine, run):
    grant_id = market.grant(market.worker())
    work = refresher(market, engine)
    assert run(work.refresh_due()) == 1
    assert run(work.refresh_due()) == 0
    assert (market.count("matching_vector"), engine.read) == (1, [grant_id])
    assert 0.8 * 86_400 <= due_in(market, grant_id) <= 1.2 * 86_400
    market.clock.advance(days=2)
    assert run(work.refresh_due()) == 1
    assert [each.closed for each in engine.answers] == [1, 1]


def test_several_processes_read_each_grant_once(market, engine, run):
    grants = {market.grant(market.worker()) for _ in range(12)}
    processes = [refresher(market, engine) for _ in range(4)]

    async def together():
        return await asyncio.gather(*(each.refresh_due() for each in processes))

    assert sum(run(together())) == 12
    assert sorted(engine.read) == sorted(grants)


def test_a_claim_of_a_dead_process_runs_out(market, engine, run):
    grant_id = market.grant(market.worker())
    assert refresher(market, engine)._claim(grant_id)
    assert run(refresher(market, engine).refresh_due()) == 0
    market.clock.advance(minutes=3)
    assert run(refresher(market, engine).refresh_due()) == 1


def test_failures_are_tried_again_later_each_time(market, engine, run):
    grant_id = market.grant(market.worker())
    work, waits = refresher(market, engine), []
    engine.failure = OSError("down")
    for _ in range(12):
        run(work.refresh_due())
        waits.append(due_in(market, grant_id))
        market.clock.advance(seconds=waits[-1])
    assert waits[0] <= 72
    assert waits[0] < waits[2] < waits[5]
    assert waits[-1] <= 6 * 3_600 * 1.2
    engine.failure = None
    run(work.refresh_due())
    assert market.count("matching_vector") == 1


def test_what_is_known_is_not_given_up_for_what_only_some_platforms_say(market, engine, run):
    _, grant_id = market.found(0.9)
    engine.errors = [{"message": "down", "extensions": {"code": "UPSTREAM_UNAVAILABLE"}}]
    run(refresher(market, engine).refresh_due())
    entry = market.pools().of("acme", "job_matching").items(now=market.clock())[0][1]
    assert entry.profile.low != {}
    assert due_in(market, grant_id) < 100
    other = market.grant(market.worker())
    run(refresher(market, engine).refresh_due())
    assert market.count("matching_vector") == 2, "something is better than nothing"
    assert due_in(market, other) < 100


def test_what_is_not_granted_is_no_failure(market, engine, run):
    grant_id = market.grant(market.worker())
    engine.errors = [{"message": "no", "extensions": {"code": "CONSENT_REQUIRED"}}]
    run(refresher(market, engine).refresh_due())
    assert due_in(market, grant_id) > 60_000


def test_a_grant_that_ends_while_it_is_read_leaves_nothing(market, engine, run):
    grant_id = market.grant(market.worker())

    def end():
        with market.engine.begin() as connection:
            connection.execute(
                text("UPDATE consent_grant SET status = 'withdrawn', ended_at = granted_at WHERE id = :id"),
                {"id": grant_id},
            )

    engine.meanwhile = end
    run(refresher(market, engine).refresh_due())
    assert (market.count("matching_vector"), market.count("matching_task")) == (0, 0)
    assert engine.answers[0].closed == 1


def test_new_wishes_make_it_due_even_while_it_is_read(market, engine, run):
    worker_id = market.worker()
    market.grant(worker_id)
    engine.meanwhile = lambda: market.wishes.save(worker_id, Preferences(looking=False))
    work = refresher(market, engine)
    run(work.refresh_due())
    engine.meanwhile = lambda: None
    assert run(work.refresh_due()) == 1
    assert market.wishes.of(worker_id) == Preferences(looking=False)
    assert market.wishes.of("somebody else") == Preferences()


def test_a_profile_of_another_format_is_a_failure(market, engine, run):
    grant_id = market.grant(market.worker())
    engine.data = {"worker": {"matchingProfile": '{"format": 0}'}}
    run(refresher(market, engine).refresh_due())
    assert (market.count("matching_vector"), due_in(market, grant_id) < 100) == (0, True)
    assert engine.answers[0].closed == 1
