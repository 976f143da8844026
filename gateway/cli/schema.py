"""`gigway schema`, `compose`, `plan`: each stage of the pipeline as text."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from gateway.cli.failure import CommandError
from gateway.cli.files import read_text
from gateway.cli.operation import add_arguments, read_question
from gateway.composition import CompositionFailed, SubgraphSDL, compose
from gateway.planner import PlanError, normalize, plan, plan_to_json, show_plan
from gateway.registry import builtin_supergraph


def add_parsers(commands: Any) -> None:
    """Add `schema`, `compose` and `plan`."""
    schema = commands.add_parser("schema", help="print the public API schema of the built-in catalogue")
    schema.add_argument("--supergraph", action="store_true", help="print the supergraph SDL (join directives) instead")
    schema.set_defaults(run=_schema)

    composing = commands.add_parser("compose", help="compose subgraph SDL files, named after the files")
    composing.add_argument("files", nargs="+", type=Path, metavar="FILE", help="one file a subgraph")
    composing.add_argument("--api", action="store_true", help="print the API schema instead of the supergraph SDL")
    composing.set_defaults(run=_compose)

    planning = commands.add_parser("plan", help="print the query plan of an operation")
    add_arguments(planning)
    planning.add_argument("--json", action="store_true", help="print JSON")
    planning.set_defaults(run=_plan)


def _schema(options: argparse.Namespace) -> int:
    supergraph = builtin_supergraph()
    sys.stdout.write(supergraph.supergraph_sdl if options.supergraph else supergraph.api_schema_sdl)
    return 0


def _compose(options: argparse.Namespace) -> int:
    subgraphs = [SubgraphSDL(name=file.stem, url="", sdl=read_text(file)) for file in options.files]
    result = compose(subgraphs)
    if isinstance(result, CompositionFailed):
        raise CommandError("COMPOSITION_FAILED", "\n".join(["the subgraphs do not compose", *map(str, result.errors)]))
    for hint in result.hints:
        print(hint, file=sys.stderr)
    sys.stdout.write(result.api_schema_sdl if options.api else result.supergraph_sdl)
    return 0


def _plan(options: argparse.Namespace) -> int:
    question = read_question(options)
    question.check()
    try:
        operation = normalize(question.supergraph, question.document, options.operation)
        planned = plan(question.supergraph, operation, question.options)
    except PlanError as error:
        raise CommandError(error.code, error.message) from None
    print(json.dumps(plan_to_json(planned), indent=2) if options.json else show_plan(planned))
    return 0
