"""What a broken graph or a multiplying query may cost."""

from __future__ import annotations

import time

import pytest

from gateway.engine import EngineOptions, Limits
from gateway.planner import PlannerOptions

UNBOUNDED = EngineOptions(limits=Limits(cost=10**15), max_response_bytes=1_000_000, timeout=None)

PEOPLE = """
type Query { me: Person }
type Person @key(fields: "id") { id: ID! name: String }
"""
FRIENDS = 'type Person @key(fields: "id") { id: ID! friends: [Person!]! }'
KNOWN = 'type Person @key(fields: "id") { id: ID! known: [Person!]! }'
NAMES = 'type Person @key(fields: "id") { id: ID! nick: String! @requiresScopes(scopes: [["nick"]]) }'


@pytest.fixture
def subgraphs(memory_subgraph):
    """Everyone knows the same ten people; every level is an entity fetch of its own."""

    def ten(person):
        return [{"id": str(number)} for number in range(10)]

    people = memory_subgraph(
        "people", PEOPLE, {"Query.me": lambda _: {"id": "1"}, "Person": lambda r: {**r, "name": "n"}}
    )
    friends = memory_subgraph("friends", FRIENDS, {"Person.friends": ten})
    known = memory_subgraph("known", KNOWN, {"Person.known": ten})
    nicks = memory_subgraph("nicks", NAMES, {"Person": lambda r: {**r, "nick": "x"}})
    return people, friends, known, nicks


def nested(levels: int, leaf: str) -> str:
    fields = "".join("{ friends " if level % 2 else "{ known " for level in range(levels))
    return "{ me " + fields + "{ " + leaf + " }" + " }" * (levels + 1)


@pytest.mark.parametrize("leaf", ["name", "nick"])
def test_entities_that_multiply_are_bounded(subgraphs, federate, recording_gate, leaf):
    """The gate has heard what is in the answer by then: a record of it says too much, never too little."""
    gate = recording_gate()
    client = federate(*subgraphs, gate=gate, options=UNBOUNDED)
    started = time.process_time()
    response = client.query(nested(7, leaf))
    assert time.process_time() - started < 5
    assert response.data is None
    assert [error["extensions"]["code"] for error in response.errors] == ["RESPONSE_TOO_LARGE"]
    assert len(gate.released) == (leaf == "nick")
    assert sorted(gate.acknowledged) == sorted(permit.name for permit in gate.permits)


def test_within_the_bound_they_are_answered(subgraphs, federate):
    response = federate(*subgraphs).query(nested(3, "name"))
    assert response.errors == []
    assert response.body.count(b'"name"') == 1000


def test_our_own_failure_costs_the_whole_answer_and_says_nothing(subgraphs, federate, recording_gate, caplog):
    gate = recording_gate()

    async def acquire(requests, session):
        return [None for _ in requests]

    gate.acquire = acquire
    response = federate(*subgraphs, gate=gate).query("{ me { name nick } }")
    assert response.data is None
    assert response.errors == [{"message": "Internal error.", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]
    assert "execution failed" in caplog.text


def test_an_operation_without_a_plan_in_time_is_refused_and_remembered(subgraphs, federate):
    options = EngineOptions(planner=PlannerOptions(seconds=0))
    client = federate(*subgraphs, options=options)
    query = "{ me { " + " ".join(f"a{n}: friends {{ known {{ name }} }}" for n in range(20)) + " } }"
    response = client.query(query)
    assert list(response.errors) == [
        {"message": "the operation takes too long to plan", "extensions": {"code": "PLAN_LIMIT_EXCEEDED"}}
    ]
    started = time.thread_time()
    assert client.query(query).errors == response.errors
    assert time.thread_time() - started < 0.05


def test_a_document_that_repeats_itself_without_end_is_refused_in_time(subgraphs, federate):
    started = time.thread_time()
    response = federate(*subgraphs).query("{ me {" + " name" * 1900 + " } }")
    assert time.thread_time() - started < 5
    assert [error["extensions"]["code"] for error in response.errors] == ["VALIDATION_LIMIT_EXCEEDED"]
