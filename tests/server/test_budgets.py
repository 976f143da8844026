"""What each asker may spend, and what they are told."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from consent.oauth.models import SPENDING
from consent.oauth.spending import Spendings
from gateway.engine import Engine
from gateway.server.budgets import LIFETIME, ActorBudgets
from gateway.server.session import RequestSession
from gateway.storage.database import create_database_engine

NOTE = {"query": "{ note { id } }"}
EVENTS = {"accept": "text/event-stream"}


class Clock:
    """A wall clock and a monotonic one that are moved together."""

    def __init__(self):
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.now

    def monotonic(self):
        return self.now.timestamp()

    def advance(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def database(tmp_path):
    engine = create_database_engine(f"sqlite:///{tmp_path}/budgets.db")
    SQLModel.metadata.create_all(engine, tables=[SPENDING])
    yield engine
    engine.dispose()


class CountingSpendings(Spendings):
    """Real ones that count how often they were asked."""

    asked = 0

    def reserve(self, *arguments, **named):
        self.asked += 1
        return super().reserve(*arguments, **named)


@pytest.fixture
def spendings(database, clock):
    return CountingSpendings(database, clock)


@pytest.fixture
def process(spendings, clock):
    """Make the budgets of one process; all share the database."""
    return lambda per_minute=1000: ActorBudgets(
        spendings, max_cost=500, cost_per_minute=per_minute, clock=clock.monotonic
    )


def actor(**limits):
    return RequestSession(request_id="r", kind="actor", actor_id="acme", **limits)


def spend(budgets, *costs, session=None):
    """Return the code of each refusal, None for what was paid."""

    async def run():
        denials = [await budgets.charge(cost, session or actor()) for cost in costs]
        return [denial and denial.code for denial in denials]

    return asyncio.run(run())


def test_small_queries_are_paid_for_in_memory(process, spendings):
    budgets = process()
    assert spend(budgets, *[1] * 50) == [None] * 50
    assert spendings.asked == 1
    assert spend(budgets, 1) == [None]
    assert spendings.asked == 2


def test_processes_share_the_minute(process):
    one, other = process(), process()
    assert spend(one, 500, 100) == [None, None]
    assert spend(other, 400) == [None]
    assert spend(one, 1) == ["COST_RATE_EXCEEDED"]
    assert spend(other, 1) == ["COST_RATE_EXCEEDED"]


def test_the_refusal_says_when_to_come_back_and_then_it_works(process, clock):
    budgets = process()
    spend(budgets, 500, 500)
    denial = asyncio.run(budgets.charge(100, actor()))
    assert denial.extensions == {"cost": 100, "perMinute": 1000, "retryAfter": 6}
    clock.advance(6)
    assert spend(budgets, 100) == [None]


def test_what_was_reserved_and_not_spent_is_worthless_after_its_minute(process, clock, spendings):
    budgets = process()
    assert spend(budgets, 1) == [None]
    clock.advance(LIFETIME)
    assert spend(budgets, 1) == [None]
    assert spendings.asked == 2


def test_queries_at_once_take_one_portion_together(process, spendings):
    budgets = process()

    async def run():
        return await asyncio.gather(*(budgets.charge(1, actor()) for _ in range(30)))

    assert asyncio.run(run()) == [None] * 30
    assert spendings.asked == 1


@pytest.mark.parametrize(
    ("session", "costs", "codes"),
    [
        (actor(), [501], ["COST_LIMIT_EXCEEDED"]),
        (actor(max_cost=900), [501, 600], [None, "COST_RATE_EXCEEDED"]),
        (actor(max_cost=10), [11, 10], ["COST_LIMIT_EXCEEDED", None]),
        (actor(cost_per_minute=100), [101, 100, 1], ["COST_LIMIT_EXCEEDED", None, "COST_RATE_EXCEEDED"]),
        (actor(cost_per_minute=0), [500] * 5, [None] * 5),
        (RequestSession(request_id="r"), [500, 500, 1], [None, None, "COST_RATE_EXCEEDED"]),
        (
            RequestSession(request_id="r", kind="worker", worker_id="w"),
            [501, *[500] * 5],
            ["COST_LIMIT_EXCEEDED"] + [None] * 5,
        ),
    ],
)
def test_who_may_spend_what(process, session, costs, codes):
    assert spend(process(), *costs, session=session) == codes


def test_introspection_costs_nothing(process, spendings):
    assert spend(process(), 0, 0) == [None, None]
    assert spendings.asked == 0


def test_nothing_is_spent_when_nobody_can_say(process, spendings, monkeypatch):
    def broken(*_, **__):
        raise OperationalError("select", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(spendings, "reserve", broken)
    assert spend(process(), 1) == ["COST_UNDECIDED"]


WORKER = RequestSession(request_id="r", kind="worker", worker_id="w")


def work(budgets, *owed, session=None):
    """Do work that turns out to take so much each time; return the code of each refusal, None for what was done."""

    async def run():
        codes = []
        for amount in owed:
            denial = await budgets.charge_work(1, session or actor())
            codes.append(denial and denial.code)
            if denial is None:
                await budgets.owe_work(amount - 1, session or actor())
        return codes

    return asyncio.run(run())


@pytest.mark.parametrize("session", [actor(), WORKER, RequestSession(request_id="r")])
def test_work_is_owed_and_nothing_more_is_done_until_it_has_come_back(process, clock, session):
    budgets = process()
    assert work(budgets, 600, 600, 1, session=session) == [None, None, "COST_RATE_EXCEEDED"]
    clock.advance(11)
    assert work(budgets, 1, session=session) == ["COST_RATE_EXCEEDED"]
    clock.advance(60)
    assert work(budgets, 1, session=session) == [None]


def test_work_and_queries_share_the_minute_of_an_actor_and_no_other(process):
    budgets = process()
    assert work(budgets, 600) == [None]
    assert spend(budgets, 500) == ["COST_RATE_EXCEEDED"]
    assert spend(process(), 399) == [None]
    assert work(budgets, 1, session=RequestSession(request_id="r", kind="actor", actor_id="other")) == [None]
    assert work(budgets, 10**9, 1, session=actor(cost_per_minute=0)) == [None, None]


@pytest.fixture
def limited(graph, process):
    """The graph's endpoint under a budget of 6 a minute: each of these queries costs 1, a mutation 11."""

    def make(per_minute=6, **options):
        subgraphs = graph.engine.version.subgraphs.values()
        graph.engine = Engine.from_subgraphs(subgraphs, gate=graph.gate, budget=process(per_minute))
        return graph.endpoint(**options)

    return make


def test_who_spends_too_much_gets_429_and_when_to_come_back(limited, client):
    endpoint = limited()
    for _ in range(6):
        assert asyncio.run(client(endpoint, NOTE).run()).status == 200
    refused = asyncio.run(client(endpoint, NOTE).run())
    assert (refused.status, refused.answered["retry-after"]) == (429, ["10"])
    assert refused.json == {
        "errors": [
            {
                "message": "The queries of the last minute have cost what they may; try again in 10 s.",
                "extensions": {"cost": 1, "perMinute": 6, "retryAfter": 10, "code": "COST_RATE_EXCEEDED"},
            }
        ]
    }


def test_what_nobody_could_ever_pay_is_an_error_of_the_query(limited, client):
    answer = asyncio.run(client(limited(), {"query": 'mutation { write(text: "x") { id } }'}).run())
    assert answer.status == 200
    assert answer.json["errors"][0]["extensions"] == {"cost": 11, "limit": 6, "code": "COST_LIMIT_EXCEEDED"}


def test_a_stream_is_refused_before_it_begins(limited, client):
    endpoint = limited(per_minute=1)
    assert asyncio.run(client(endpoint, NOTE).run()).status == 200
    refused = asyncio.run(client(endpoint, {"query": "subscription { ticks { id } }"}, **EVENTS).run())
    assert (refused.status, refused.answered["retry-after"]) == (429, ["60"])


def test_each_event_is_paid_for_and_the_stream_ends_with_the_budget(limited, graph, client):
    async def scenario():
        for number in ("1", "2", "3", "4"):
            graph.notes.events.put_nowait(number)
        request = client(limited(per_minute=3), {"query": "subscription { ticks { id } }"}, **EVENTS)
        await asyncio.wait_for(request.run(), 5)
        events = [part for part in request.parts if part.startswith(b"event: next")]
        assert len(events) == 4
        assert b'"ticks":{"id":"3"}' in events[2]
        assert b"COST_RATE_EXCEEDED" in events[3]
        assert request.received.endswith(b"event: complete\ndata:\n\n")
        assert graph.notes.closed.is_set()

    asyncio.run(scenario())


def test_the_cost_is_reported_to_who_asks(limited, client):
    endpoint = limited()
    assert "extensions" not in asyncio.run(client(endpoint, NOTE).run()).json
    asked = asyncio.run(client(endpoint, NOTE | {"extensions": {"cost": True}}).run()).json
    assert asked["extensions"] == {"cost": {"cost": 1, "limit": 500, "perMinute": 6, "remaining": 4}}


def wide(number):
    """A document that is wrong, and that takes long to find wrong."""
    return {"query": f"{{ a{number}: nothing " + "note { id } " * 45 + "}"}


def test_documents_that_are_refused_are_paid_for(limited, client):
    endpoint = limited(per_minute=12_000)
    statuses = [asyncio.run(client(endpoint, wide(number)).run()).status for number in range(8)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert asyncio.run(client(endpoint, wide(0)).run()).json["errors"][0]["extensions"]["code"] != "COST_RATE_EXCEEDED"


def test_looking_for_deferred_parts_is_no_way_to_have_documents_read_for_free(limited, client, graph, monkeypatch):
    endpoint = limited(per_minute=1_000)
    asyncio.run(client(endpoint, wide(0)).run())
    read = []
    version = graph.engine.version
    monkeypatch.setattr(version, "read", lambda *given: read.append(given))
    question = {"query": wide(1)["query"] + " # @defer"}
    refused = asyncio.run(client(endpoint, question, accept="multipart/mixed").run())
    assert (refused.status, read) == (429, [])
