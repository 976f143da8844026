"""`gigway explain`: what becomes of an operation, stage by stage, before anything is fetched."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import DocumentNode, GraphQLSyntaxError, OperationDefinitionNode, parse, print_ast, validate

from gateway.cli.failure import CommandError
from gateway.cli.files import read_text
from gateway.cli.schema import located
from gateway.composition import api_schema
from gateway.engine.cost import CostModel
from gateway.planner import (
    PlanError,
    PlannerOptions,
    authorize,
    load_supergraph,
    normalize,
    parse_supergraph,
    plan,
    show_plan,
)
from gateway.registry import builtin_supergraph


def add_parsers(commands: Any) -> None:
    """Add `explain`."""
    explain = commands.add_parser("explain", help="print every stage that an operation goes through")
    explain.add_argument("file", type=Path, metavar="FILE", help="a GraphQL document, or - for standard input")
    explain.add_argument("--operation", help="which operation, when the document has several")
    explain.add_argument("--scopes", help="comma-separated static scopes of the asker (default: every scope)")
    explain.add_argument("--supergraph", type=Path, help="a supergraph SDL instead of the built-in catalogue")
    explain.set_defaults(run=_explain)


def _explain(options: argparse.Namespace) -> int:
    sdl = read_text(options.supergraph) if options.supergraph else builtin_supergraph().supergraph_sdl
    text = read_text(options.file)
    try:
        document = parse(text)
    except GraphQLSyntaxError as error:
        raise CommandError("GRAPHQL_PARSE_FAILED", located(error, options.file)) from None
    for line in _stages(sdl, document, options):
        print(line)
    return 0


def _stages(sdl: str, document: DocumentNode, options: argparse.Namespace) -> Iterator[str]:
    schema = api_schema(sdl)
    problems = validate(schema, document)
    yield "1. parse and validate"
    if problems:
        raise CommandError(
            "GRAPHQL_VALIDATION_FAILED", "\n".join(located(problem, options.file) for problem in problems)
        )
    yield _indented(print_ast(document))
    yield "2. static cost, with every variable left open"
    model = CostModel(parse_supergraph(sdl), schema, assumed_list_size=10)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            name = definition.name.value if definition.name else "(anonymous)"
            yield f"   {name}: {model.estimator(document, definition)({}):.0f}"
    try:
        supergraph = load_supergraph(sdl)
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
        planned = plan(supergraph, operation, PlannerOptions(reenter_scoped=not options.supergraph))
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
