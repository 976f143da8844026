"""When facts are read again: whenever anybody else may have written since."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from consent.leases.decision import Asker, Question, decide
from consent.leases.facts import fact_keys, load_facts
from consent.leases.opening import open_store
from consent.leases.statements import ENDED_GRANTS
from consent.leases.store import LeaseStore
from consent.stops.order import lock_stops
from tests.consent.conftest import BACKENDS, World

WAITS = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


@pytest.fixture
def driver(world: World) -> str:
    world.actor()
    return world.worker(("u1", "uber"))


def question() -> Question:
    asker = Asker(kind="actor", actor_id="acme", client_id="acme-app", purpose="job_matching")
    return Question(asker=asker, account_id="u1", platform="uber", categories=frozenset({"engagements"}))


def in_transaction(store: LeaseStore) -> bool:
    changed = store.begin()
    store.write(leases=(), events=(), closed=())
    return changed


def test_first_transaction_knows_nothing(store: LeaseStore) -> None:
    assert in_transaction(store)


def test_what_nobody_else_has_written_since_is_known_on_sqlite(world: World, store: LeaseStore) -> None:
    in_transaction(store)
    lease = (1, store.process_id, None, "w", "acme", "acme-app", None, "uber", "profile", store.instant(world.clock()))
    store.begin()
    store.write(leases=[lease], events=(), closed=())
    assert in_transaction(store) is (world.engine.dialect.name != "sqlite")


def test_any_write_of_another_connection_is_a_change(world: World, store: LeaseStore) -> None:
    in_transaction(store)
    world.worker()
    assert in_transaction(store)


def test_after_a_failure_everything_is_read_again(store: LeaseStore) -> None:
    in_transaction(store)
    store.begin()
    assert store.rolled_back()
    assert in_transaction(store)


def test_another_store_starts_from_nothing(world: World, store: LeaseStore) -> None:
    in_transaction(store)
    other = open_store(world.engine)
    assert in_transaction(other)
    other.abandon()


@pytest.mark.parametrize(
    "name", ["it's", "a\\'b", "'); DELETE FROM worker; --", '"}', "%s", "$1", "å😀", "a\nb", "nul\0", "\0", ""]
)
def test_names_that_nobody_has_stand_for_nobody(world: World, store: LeaseStore, driver: str, name: str) -> None:
    world.give(driver, [("uber", "engagements")])
    asker = Asker(kind="actor", actor_id=name, client_id=name, purpose="job_matching")
    strangers = [
        Question(asker=question().asker, account_id=name, categories=frozenset({"engagements"})),
        Question(asker=question().asker, worker_id=name, categories=frozenset({"engagements"})),
        Question(asker=asker, account_id="u1", categories=frozenset({"engagements"})),
    ]
    asked = [*strangers, question()]
    store.begin(fact_keys(asked))
    store.stops()
    facts = load_facts(store, asked, past=True)
    store.write(leases=(), events=(), closed=())
    assert [bool(decide(*each, world.clock()).covers) for each in zip(asked, facts, strict=True)] == [False] * 3 + [
        True
    ]


def test_only_the_last_of_many_ended_grants_give_a_reason(world: World, store: LeaseStore, driver: str) -> None:
    ids = [world.give(driver, [("uber", "engagements")], days=1 + number).id for number in range(ENDED_GRANTS + 2)]
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE consent_grant SET status = 'revoked', ended_at = granted_at"))
    store.begin()
    ((found,),) = [store.ended_grants({driver}, {"acme"}).values()]
    store.write(leases=(), events=(), closed=())
    assert {grant.terms.id for grant in found} == set(ids[-ENDED_GRANTS:])


if "postgresql" in BACKENDS:

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_a_stop_that_a_transaction_waited_for_is_seen_by_it(world: World, store: LeaseStore, driver: str) -> None:
        """What is asked together with the lock is read after it was given."""
        grant = world.give(driver, [("uber", "engagements")]).id
        store.begin(fact_keys([question()]))
        store.stops()
        store.write(leases=(), events=(), closed=())
        with ThreadPoolExecutor(1) as thread, world.engine.connect() as stopping:
            with stopping.begin():
                lock_stops(stopping)
                store.begin(fact_keys([question()]))
                waiting = thread.submit(store.stops)
                while not stopping.execute(WAITS).scalar():
                    pass
                stopping.execute(text("UPDATE consent_grant SET status = 'revoked', ended_at = granted_at"))
                assert not waiting.done()
            assert ("grant", grant) in waiting.result()
        (facts,) = load_facts(store, [question()], past=False)
        assert not facts.grants
        store.write(leases=(), events=(), closed=())

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_what_has_been_stopped_comes_with_a_commit_that_rests_on_nothing(
        world: World, store: LeaseStore, driver: str
    ) -> None:
        grant = world.give(driver, [("uber", "engagements")]).id
        with world.engine.begin() as connection:
            connection.execute(text("UPDATE consent_grant SET status = 'revoked', ended_at = granted_at"))
        store.begin()
        store.write(leases=(), events=(), closed=(1,))
        assert ("grant", grant) in store.stops()
        assert store.stops() == []
