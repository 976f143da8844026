"""An interface with very many types, each in a subgraph of its own: planned for all, executed for those that are there.

`tests/bench/interfaces.py` measures a thousand.
"""

from __future__ import annotations

import asyncio
import time

import pytest

from gateway.engine import Engine
from tests.bench.interfaces import QUERY, Directory, OwnSubgraph, supergraph_of

COUNT = 150


@pytest.fixture(scope="module")
def composed():
    return supergraph_of(COUNT)


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
