"""Subgraphs that answer by script and record what they are asked, and a way to run a plan."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import build_schema

from gateway.executor import ExecutionResult, ExecutionSchema, RequestContext, compile_plan, execute
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
def bench() -> type[Bench]:
    return Bench
