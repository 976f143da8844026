"""`gigway explain`: what becomes of an operation, stage by stage, before anything is fetched."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from graphql import OperationDefinitionNode, print_ast

from gateway.cli.failure import CommandError
from gateway.cli.operation import Question, add_arguments, read_question
from gateway.engine.cost import CostModel
from gateway.planner import PlanError, authorize, normalize, plan, show_plan


def add_parsers(commands: Any) -> None:
    """Add `explain`."""
    explain = commands.add_parser("explain", help="print every stage that an operation goes through")
    add_arguments(explain)
    explain.add_argument("--scopes", help="comma-separated static scopes of the asker (default: every scope)")
    explain.set_defaults(run=_explain)


def _explain(options: argparse.Namespace) -> int:
    for line in _stages(read_question(options), options):
        print(line)
    return 0


def _stages(question: Question, options: argparse.Namespace) -> Iterator[str]:
    supergraph, document = question.supergraph, question.document
    yield "1. parse and validate"
    question.check()
    yield _indented(print_ast(document))
    yield "2. static cost, with every variable left open"
    model = CostModel(question.parsed, question.schema, assumed_list_size=10)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            name = definition.name.value if definition.name else "(anonymous)"
            yield f"   {name}: {model.estimator(document, definition)({}):.0f}"
    try:
        operation = normalize(supergraph, document, options.operation)
        yield "3. static scopes"
        if options.scopes is None:
            yield "   every scope: nothing is taken out"
        else:
            scopes = frozenset(filter(None, (scope.strip() for scope in options.scopes.split(","))))
            operation, removed = authorize(supergraph, operation, scopes)
            for each in removed:
                yield f"   {each.coordinate} is taken out (UNAUTHORIZED_FIELD_OR_TYPE)"
            if not removed:
                yield "   nothing is taken out"
        planned = plan(supergraph, operation, question.options)
    except PlanError as error:
        raise CommandError(error.code, error.message) from None
    yield "4. plan"
    yield _indented(show_plan(planned))
    yield "5. what the gate is asked before each fetch"
    for fetch in planned.fetches:
        after = f", after {', '.join(f'#{number}' for number in fetch.after)}" if fetch.after else ""
        asks = ", ".join(sorted(fetch.disclosure)) or "nothing: no scope is disclosed"
        yield f"   #{fetch.id} {fetch.subgraph}{after}: {asks}"


def _indented(text: str) -> str:
    return "\n".join(f"   {line}" for line in text.splitlines())
