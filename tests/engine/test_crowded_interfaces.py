"""An interface with very many types, each in a subgraph of its own: planned for all, executed for those that are there.

`tests/bench/interfaces.py` measures a thousand.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter

import pytest

from gateway.engine import Engine
from gateway.errors import SubgraphUnavailableError
from tests.bench.interfaces import QUERY, Directory, OwnSubgraph, supergraph_of
from tests.engine.conftest import Denial, RecordingGate

COUNT = 150


@pytest.fixture(scope="module")
def composed():
    return supergraph_of(COUNT)


@pytest.fixture(scope="module")
def scoped():
    """The same with a scope on what each type's own subgraph has."""
    return supergraph_of(COUNT, scopes='@requiresScopes(scopes: [["read:work"]])')


@pytest.fixture
def crowd(composed):
    """The engine, its directory (whose `present` are the types that occur), and the other subgraphs."""
    directory, own = Directory(COUNT), [OwnSubgraph(number) for number in range(COUNT)]
    return Engine.from_supergraph(composed, [directory, *own]), directory, own


def answer(engine, query=QUERY, **options):
    response = asyncio.run(engine.execute(query, **options))
    assert not response.errors
    return response.data["accounts"]


def test_only_the_subgraphs_of_types_that_occur_are_called(crowd):
    engine, directory, own = crowd
    directory.present = [3, 77, 3, 149]
    assert [each["id"] for each in answer(engine)] == ["3", "77", "3", "149"]
    assert {each.name: each.calls for each in own if each.calls} == {"own3": 1, "own77": 1, "own149": 1}


def test_none_is_called_when_nothing_occurs(crowd):
    engine, directory, own = crowd
    directory.present = []
    assert answer(engine) == []
    assert not any(each.calls for each in own)


def test_what_depends_on_one_of_them_still_runs(crowd):
    engine, directory, _ = crowd
    directory.present = [5, 6]
    query = "{ accounts { id ... on Account5 { work(n: 1) { id } own5 { a } } ... on Account6 { own6 { b } } } }"
    assert answer(engine, query) == [
        {"id": "5", "work": [{"id": "5-0"}], "own5": {"a": 5}},
        {"id": "6", "own6": {"b": "6"}},
    ]


def test_a_cold_plan_for_all_of_them_is_quick(crowd):
    engine, directory, _ = crowd
    directory.present = [1]
    times = []
    for number in range(3):
        begin = time.thread_time()
        answer(engine, QUERY.replace("n: 3", f"n: {number}"))
        times.append(time.thread_time() - begin)
    assert min(times) < 0.05


def calls_made(engine, directory, present):
    """Count the engine's own function calls in one execution, by the name of the function."""
    directory.present = list(range(present))
    asyncio.run(engine.execute(QUERY))
    calls = Counter()

    def count(frame, event, _):
        code = frame.f_code
        if event == "call" and ("/gateway/" in code.co_filename or code.co_filename.startswith("<")):
            calls[code.co_name] += 1

    async def execute():
        sys.setprofile(count)
        try:
            return await engine.execute(QUERY)
        finally:
            sys.setprofile(None)

    response = asyncio.run(execute())
    assert len(response.data["accounts"]) == present
    return calls


def assert_linear(engine, directory):
    """Twice as many types more cost at most twice as many calls more, of every function."""
    few, some, many = (calls_made(engine, directory, present) for present in (25, 50, 100))
    # A few calls are left over for what grows by chance, such as the buckets of a set.
    steeper = {name for name in many if many[name] - some[name] > 2 * (some[name] - few[name]) + 5}
    assert not steeper
    assert many["typename_of"] > 100


def test_execution_costs_as_much_as_the_types_present(crowd):
    engine, directory, _ = crowd
    assert_linear(engine, directory)


def test_a_gate_is_asked_at_the_cost_of_the_types_present(scoped):
    directory = Directory(COUNT)
    subgraphs = [directory, *(OwnSubgraph(number) for number in range(COUNT))]
    assert_linear(Engine.from_supergraph(scoped, subgraphs, gate=RecordingGate()), directory)


def test_denials_cost_as_much_as_the_types_present(scoped):
    directory = Directory(COUNT)
    subgraphs = [directory, *(OwnSubgraph(number) for number in range(COUNT))]
    gate = RecordingGate(refuses=lambda request: dict.fromkeys(request.scopes, Denial(code="NO", message="No.")))
    assert_linear(Engine.from_supergraph(scoped, subgraphs, gate=gate), directory)


def test_failures_cost_as_much_as_the_types_present(composed):
    class Down(OwnSubgraph):
        async def execute(self, call):
            raise SubgraphUnavailableError("The subgraph is not available.")

    directory = Directory(COUNT)
    assert_linear(Engine.from_supergraph(composed, [directory, *map(Down, range(COUNT))]), directory)
