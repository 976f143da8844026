"""Vectors live as long as the grant that they were derived under, in the database and in every process's memory."""

import pytest
from sqlalchemy import text

from consent.stops.open_leases import Scope
from graph.finding.tables import MatchingVector
from graph.matching.preferences import Preferences
from graph.matching.profile import Profile


def revoke(market, run, worker_id, grant_id):
    run(market.grants.revoke(grant_id, by="worker", reason="changed mind"))


def revoke_by_operator(market, run, worker_id, grant_id):
    run(market.grants.revoke(grant_id, by="operator", reason="complaint"))


def erase(market, run, worker_id, grant_id):
    run(market.stops.erase_worker(worker_id))


def replace(market, run, worker_id, grant_id):
    market.grant(worker_id, [("uber", "skills")], replaces=grant_id)


def expire(market, run, worker_id, grant_id):
    market.clock.advance(days=31)
    assert market.grants.expire_due() == [grant_id]


def invalidate(market, run, worker_id, grant_id):
    with market.engine.begin() as connection:
        connection.execute(
            text("UPDATE consent_grant SET status = 'invalidated', ended_at = granted_at WHERE id = :id"),
            {"id": grant_id},
        )


def unlink(market, run, worker_id, grant_id):
    def close(connection):
        market.gates.close(connection, account_id=f"a{worker_id}", reason="unlinked")

    run(market.stops.stop(Scope("account", f"a{worker_id}"), close))


ENDS = [revoke, revoke_by_operator, erase, replace, expire, invalidate, unlink]


@pytest.mark.parametrize("end", ENDS)
def test_a_vector_goes_with_its_permission(market, run, end):
    _, kept = market.found(days=60)
    worker_id, grant_id = market.found()
    one, two = market.pools(), market.pools()
    assert set(market.ranking(one)) == set(market.ranking(two)) == {grant_id, kept}
    end(market, run, worker_id, grant_id)
    assert market.count("matching_vector") == 1
    assert market.ranking(one) == market.ranking(two) == market.ranking(market.pools()) == [kept]


@pytest.mark.parametrize("end", [each for each in ENDS if each is not expire])
def test_nothing_is_stored_that_was_worked_out_while_the_permission_ended(market, run, end):
    worker_id = market.worker()
    grant_id = market.grant(worker_id)
    grant, accounts = market.consents.standing(grant_id), market.consents.open_accounts(worker_id)
    end(market, run, worker_id, grant_id)
    nothing = Profile(low={}, held=frozenset(), practice={})
    assert market.vectors.store(grant, nothing, accounts=accounts, now=market.clock()) is False
    assert market.count("matching_vector") == 0


def test_a_grant_that_has_run_out_is_not_ranked_even_before_it_is_marked(market):
    _, grant_id = market.found(days=1)
    pools = market.pools()
    assert market.ranking(pools) == [grant_id]
    market.clock.advance(days=1)
    assert market.ranking(pools) == []


def test_erasure_takes_wishes_tasks_and_log_along(market, run):
    worker_id, _ = market.found()
    market.wishes.save(worker_id, Preferences(place="Lund"))
    ranked = market.pools().of("acme", "job_matching").rank(market.offer, limit=5, now=market.clock())
    market.log.write(ranked, market.offer, actor_id="acme", purpose="job_matching", request_id="r", now=market.clock())
    tables = ("matching_vector", "matching_task", "matching_wishes", "matching_shown")
    assert [market.count(each) for each in tables] == [1, 1, 1, 1]
    run(market.stops.erase_worker(worker_id))
    assert [market.count(each) for each in tables] == [0, 0, 0, 0]
    assert market.count("matching_ranking") == 1


def test_vectors_are_encrypted_and_bound_to_their_grant(market):
    _, one = market.found(0.9)
    _, two = market.found(0.2)
    with market.engine.begin() as connection:
        stored = dict(connection.execute(text("SELECT grant_id, sealed FROM matching_vector")).all())
        assert not any(b"esco" in bytes(each) or b"low" in bytes(each) for each in stored.values())
        connection.execute(
            MatchingVector.__table__.update().where(MatchingVector.grant_id == two).values(sealed=bytes(stored[one]))
        )
    assert market.ranking(market.pools()) == [one]  # the swapped one does not open


def test_only_grants_that_let_somebody_be_found_get_a_task(market):
    worker_id = market.worker()
    assert market.consents.standing(market.grant(worker_id, [("uber", "skills")])) is None
    assert market.count("matching_task") == 0
    without_skills = market.grant(worker_id, [("*", "matching")])
    assert market.consents.standing(without_skills) is None
    assert market.consents.standing(market.grant(worker_id)) is not None
    assert market.count("matching_task") == 2


def test_a_worker_with_two_grants_stands_once(market):
    worker_id, _ = market.found(0.9)
    longer = market.grant(worker_id, days=90)
    market.store(longer, 0.3)
    pools = market.pools()
    assert market.ranking(pools) == [longer]
    _, other = market.found(0.6)
    assert market.ranking(pools) == [other, longer]
    assert market.ranking(pools, limit=1) == [other]
    assert market.ranking(pools, only=longer) == [longer]


def test_other_purposes_are_other_pools(market):
    worker_id = market.worker()
    market.store(market.grant(worker_id, purpose="training"))
    assert market.ranking(market.pools()) == []
    assert len(market.pools().of("acme", "training").items(now=market.clock())) == 1
