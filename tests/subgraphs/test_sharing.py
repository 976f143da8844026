"""Sharing of equal calls that are under way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.subgraph import SubgraphCall
from gateway.subgraphs import SharingSubgraph


@dataclass
class Slow:
    """Answers when it is told to."""

    name: str = "slow"
    sdl: str = ""
    calls: list[SubgraphCall] = field(default_factory=list)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    answer: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: int = 0

    async def execute(self, call: SubgraphCall) -> Any:
        self.calls.append(call)
        self.called.set()
        try:
            await self.answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            self.stopped.set()
            raise
        return {"data": {"list": [{"n": 1}]}}


def call(session: Any = "me", document: str = "{ x }", **more: Any) -> SubgraphCall:
    return SubgraphCall(document=document, variables=more.pop("variables", {}), session=session, **more)


def run(*calls: SubgraphCall) -> tuple[Slow, list[Any]]:
    async def scenario() -> tuple[Slow, list[Any]]:
        slow = Slow()
        sharing = SharingSubgraph(slow, lambda session: session)
        tasks = [asyncio.create_task(sharing.execute(each)) for each in calls]
        await slow.called.wait()
        slow.answer.set()
        return slow, list(await asyncio.gather(*tasks))

    return asyncio.run(scenario())


def test_equal_calls_are_made_once_and_answered_apart():
    slow, answers = run(call(variables={"a": 1, "b": 2}), call(variables={"b": 2, "a": 1}))
    assert len(slow.calls) == 1
    assert answers[0] == answers[1] == {"data": {"list": [{"n": 1}]}}
    answers[0]["data"]["list"][0]["n"] = 2
    assert answers[1]["data"]["list"][0]["n"] == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (call("me"), call("you")),
        (call(None), call(None)),
        (call(document="{ x }"), call(document="{ y }")),
        (call(variables={"a": 1}), call(variables={"a": 2})),
        (call(document="mutation { x }"), call(document="mutation { x }")),
        (call(permits={"r": [None]}), call(permits={"r": [None]})),
    ],
    ids=["askers", "nobody", "documents", "variables", "mutations", "permits"],
)
def test_calls_that_may_differ_are_made_apart(first, second):
    slow, _ = run(first, second)
    assert len(slow.calls) == 2


def test_call_lives_as_long_as_somebody_waits():
    async def scenario() -> Slow:
        slow = Slow()
        sharing = SharingSubgraph(slow, lambda session: session)
        first, second = (asyncio.create_task(sharing.execute(call())) for _ in range(2))
        await slow.called.wait()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert slow.cancelled == 0
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        await slow.stopped.wait()
        return slow

    slow = asyncio.run(scenario())
    assert (len(slow.calls), slow.cancelled) == (1, 1)


def test_next_call_is_made_anew():
    async def scenario() -> Slow:
        slow = Slow()
        slow.answer.set()
        sharing = SharingSubgraph(slow, lambda session: session)
        await sharing.execute(call())
        await sharing.execute(call())
        return slow

    assert len(asyncio.run(scenario()).calls) == 2
