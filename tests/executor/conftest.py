"""Subgraphs that record what they are asked, gates that record what they decide, and a way to run a plan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from graphql import build_schema

from gateway.executor import ExecutionResult, ExecutionSchema, RequestContext, compile_plan, execute
from gateway.executor.hooks import Denial, GateDecision, GateRequest
from gateway.planner.nodes import QueryPlan
from gateway.subgraph import SubgraphCall


class ScriptedSubgraph:
    """Answers every call with the next of the given answers, or with what a function of the call returns."""

    def __init__(self, name: str, *answers: Any) -> None:
        self.name = name
        self.sdl = ""
        self.answers = list(answers)
        self.calls: list[SubgraphCall] = []

    async def execute(self, call: SubgraphCall) -> Any:
        self.calls.append(call)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer = answer(call)
        if asyncio.iscoroutine(answer):
            answer = await answer
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def asked(self) -> list[tuple[str, Mapping[str, Any]]]:
        return [(call.document, call.variables) for call in self.calls]


class TestPermit:
    """A permit that a test can end."""

    __test__ = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.ended = False
        self._callbacks: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return self.name

    def on_end(self, callback: Callable[[], None]) -> Callable[[], None]:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def end(self) -> None:
        self.ended = True
        for callback in list(self._callbacks):
            callback()


@dataclass
class RecordingGate:
    """Denies the scopes that `refuses` returns for a request; everything else is allowed under a permit each."""

    refuses: Callable[[GateRequest], Mapping[str, Denial]] = field(default=lambda request: {})
    requests: list[list[GateRequest]] = field(default_factory=list)
    permits: list[TestPermit] = field(default_factory=list)
    ends: Callable[[TestPermit], frozenset[str]] = field(default=lambda permit: frozenset())
    released: list[dict[str, dict[str, int]]] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    async def acquire(self, requests: Sequence[GateRequest], session: Any) -> Sequence[GateDecision]:
        self.requests.append(list(requests))
        decisions = []
        for request in requests:
            denied = self.refuses(request)
            permit = TestPermit(f"{request.subgraph}/{len(self.permits)}")
            self.permits.append(permit)
            decisions.append(GateDecision(permit=permit, allowed=request.scopes - denied.keys(), denied=denied))
        return decisions

    async def release(self, permits: Any, session: Any, disclosed: Any) -> Mapping[Any, frozenset[str]]:
        self.released.append({permit.name: dict(scopes) for permit, scopes in disclosed.items()})
        return {permit: ended for permit in permits if (ended := self.ends(permit))}

    async def acknowledge(self, permits: Any, session: Any) -> None:
        self.acknowledged += [permit.name for permit in permits]


@dataclass
class Bench:
    """Runs plans against an API schema."""

    sdl: str
    sealed: frozenset[tuple[str, str]] = frozenset()

    def run(self, plan: QueryPlan, *subgraphs: ScriptedSubgraph, **context: Any) -> ExecutionResult:
        return asyncio.run(self.start(plan, *subgraphs, **context))

    async def start(self, plan: QueryPlan, *subgraphs: ScriptedSubgraph, **context: Any) -> ExecutionResult:
        schema = ExecutionSchema(build_schema(self.sdl), sealed=self.sealed)
        return await execute(
            compile_plan(plan, schema),
            RequestContext(subgraphs={each.name: each for each in subgraphs}, **context),
        )


@pytest.fixture
def scripted() -> type[ScriptedSubgraph]:
    return ScriptedSubgraph


@pytest.fixture
def recording_gate() -> type[RecordingGate]:
    return RecordingGate


@pytest.fixture
def bench() -> type[Bench]:
    return Bench
