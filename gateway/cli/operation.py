"""What `gigway plan` and `gigway explain` are asked about: an operation, and the supergraph that it is for."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, GraphQLSyntaxError, parse, validate

from gateway.cli.failure import CommandError
from gateway.cli.files import read_text
from gateway.composition import api_schema
from gateway.planner import PlanError, PlannerOptions, Supergraph, load_supergraph, parse_supergraph
from gateway.registry import builtin_supergraph


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A document that can be read, and the supergraph; whether it is valid is still to be told."""

    file: Path
    document: DocumentNode
    parsed: DocumentNode
    supergraph: Supergraph
    schema: GraphQLSchema
    options: PlannerOptions

    def check(self) -> None:
        """Validate the document. Raises `CommandError` with everything that is wrong."""
        problems = validate(self.schema, self.document)
        if problems:
            raise CommandError(
                "GRAPHQL_VALIDATION_FAILED", "\n".join(_located(problem, self.file) for problem in problems)
            )


def add_arguments(command: Any) -> None:
    """Add what both commands take."""
    command.add_argument("file", type=Path, metavar="FILE", help="a GraphQL document, or - for standard input")
    command.add_argument("--operation", help="which operation, when the document has several")
    command.add_argument("--supergraph", type=Path, help="a supergraph SDL instead of the built-in catalogue")


def read_question(options: argparse.Namespace) -> Question:
    """Read both files. Raises `CommandError`."""
    sdl = read_text(options.supergraph) if options.supergraph else builtin_supergraph().supergraph_sdl
    text = read_text(options.file)
    try:
        parsed = parse_supergraph(sdl)
        supergraph = load_supergraph(parsed)
        schema = api_schema(parsed)
    except PlanError as error:
        raise CommandError(
            error.code, f"{options.supergraph}: {error.message}; `gigway compose` prints a supergraph"
        ) from None
    try:
        document = parse(text)
    except GraphQLSyntaxError as error:
        raise CommandError("GRAPHQL_PARSE_FAILED", _located(error, options.file)) from None
    return Question(
        file=options.file,
        document=document,
        parsed=parsed,
        supergraph=supergraph,
        schema=schema,
        options=PlannerOptions(reenter_scoped=not options.supergraph),
    )


def _located(error: GraphQLError, file: Path) -> str:
    """Return an error with its place, as compilers write it."""
    where = error.locations[0] if error.locations else None
    return f"{file}:{where.line}:{where.column}: {error.message}" if where else f"{file}: {error.message}"
