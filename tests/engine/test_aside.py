"""Long documents are read in a thread, and large answers shaped: everybody else's requests go on meanwhile."""

from __future__ import annotations

import asyncio
import sys

import pytest

from gateway.engine import Engine
from gateway.engine.validation import WORK_OF_TOKEN
from gateway.subgraph import LargeAnswer
from tests.bench.interfaces import QUERY, Directory, OwnSubgraph, supergraph_of

PEOPLE = """
type Query { me: Person }
type Person @key(fields: "id") { id: ID! name: String }
"""
REPEATED = 400
LONG = "{ me {" + " name" * REPEATED + " } }"
REFUSED = LONG.replace("{ me", "{ nobody")


class RecordingBudget:
    """Lets everything pass, and records what reading took."""

    def __init__(self):
        self.owed = []
        self.settled = asyncio.Event()

    async def charge(self, cost, session):
        return None

    async def charge_work(self, work, session):
        return None

    async def owe_work(self, work, session):
        self.owed.append(work)
        self.settled.set()

    def report(self, cost, session):
        return {}


@pytest.fixture
def budget():
    return RecordingBudget()


@pytest.fixture
def engine(memory_subgraph, federate, budget):
    people = memory_subgraph("people", PEOPLE, {"Query.me": lambda _: {"id": "1", "name": "Ada"}})
    return federate(people, budget=budget).engine


@pytest.fixture
def threads_take_turns():
    """Hand the interpreter on as often as `gigway serve` does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    yield
    sys.setswitchinterval(before)


async def turns_during(waiting):
    """Return how often the event loop came round until `waiting` was done, and what it returned."""
    task, turns = asyncio.ensure_future(waiting), 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    return turns, task.result()


@pytest.mark.usefixtures("threads_take_turns")
@pytest.mark.parametrize("document", [LONG, REFUSED])
def test_the_loop_goes_round_while_a_long_document_is_read(engine, document):
    turns, response = asyncio.run(turns_during(engine.execute(document)))
    assert turns > 20
    assert (response.data is None) == (document == REFUSED)


def test_equal_documents_at_once_are_read_once(engine, budget):
    async def all_at_once():
        return await asyncio.gather(*(engine.execute(LONG) for _ in range(5)))

    responses = asyncio.run(all_at_once())
    assert {response.body for response in responses} == {b'{"data":{"me":{"name":"Ada"}}}'}
    assert len(budget.owed) == 1


def test_who_leaves_meanwhile_still_pays(engine, budget):
    async def leave():
        asking = asyncio.ensure_future(engine.execute(LONG))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert asking.cancelled()
        await budget.settled.wait()

    asyncio.run(leave())
    assert budget.owed[0] > REPEATED * WORK_OF_TOKEN


def test_an_engine_outlives_an_event_loop(engine):
    async def two(kind):
        return await asyncio.gather(*(engine.execute(LONG + f" # {kind} {number}") for number in range(2)))

    for kind in ("first loop", "second loop"):
        assert all(response.data for response in asyncio.run(two(kind)))


class LargeSubgraph:
    """Answers with many people at once."""

    name = "people"
    sdl = "type Query { people: [Person!]! } type Person { id: ID! name: String }"

    async def execute(self, call):
        return LargeAnswer(data={"people": [{"id": str(number), "name": "Ada"} for number in range(60_000)]})


@pytest.mark.usefixtures("threads_take_turns")
def test_the_loop_goes_round_while_an_operation_is_planned():
    interfaces = Engine.from_supergraph(supergraph_of(60), [Directory(60), *map(OwnSubgraph, range(60))])
    turns, response = asyncio.run(turns_during(interfaces.execute(QUERY)))
    assert len(response.data["accounts"]) == 5
    again, _ = asyncio.run(turns_during(interfaces.execute(QUERY)))
    assert turns > 2 * again


@pytest.mark.usefixtures("threads_take_turns")
def test_the_loop_goes_round_while_a_large_answer_is_shaped():
    engine = Engine.from_subgraphs([LargeSubgraph()])
    turns, response = asyncio.run(turns_during(engine.execute("{ people { id name } }")))
    assert len(response.data["people"]) == 60_000
    assert turns > 20
