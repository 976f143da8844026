"""The way in: `check` a connector's SDL, or `load` it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from graphql import DocumentNode, GraphQLSchema, build_schema, print_ast

from connectors.schema.definition import Definition
from connectors.schema.directives import read_definition
from connectors.schema.document import read_document
from connectors.schema.problem import SdlProblem
from connectors.schema.provider import ProviderConnector, examine_provider, is_provider
from connectors.schema.rules import definition_problems, sdl_problems
from connectors.schema.subgraph_sdl import subgraph_sdl
from connectors.schema.vocabulary import spec


class ConnectorError(Exception):
    """A connector's SDL that cannot be used; `problems` says why."""

    def __init__(self, problems: tuple[SdlProblem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """A checked connector: what it says, the subgraph that it is composed as, and that subgraph's types.

    `source` is the file's text, `digest` its SHA-256.
    """

    definition: Definition
    source: str
    digest: str
    sdl: str
    schema: GraphQLSchema

    @property
    def name(self) -> str:
        """The platform's name, which is the subgraph's."""
        return self.definition.platform.name


AnyConnector = Connector | ProviderConnector
"""What a registered text is: a platform's connector, or one without accounts."""


def check(sdl: str) -> list[SdlProblem]:
    """Return everything that is wrong with a connector's SDL, in the order of the text; empty when nothing is."""
    loaded = _examine_any(sdl)
    return loaded if isinstance(loaded, list) else []


@lru_cache(maxsize=64)
def load(sdl: str) -> Connector:
    """Return a platform's connector, the same one for the same text. Raises `ConnectorError` with all problems."""
    loaded = _examine(sdl)
    if isinstance(loaded, list):
        raise ConnectorError(tuple(loaded))
    return loaded


@lru_cache(maxsize=64)
def load_any(sdl: str) -> AnyConnector:
    """Return the connector, of a platform or without accounts. Raises `ConnectorError` with all problems."""
    if not is_provider(sdl):
        return load(sdl)
    loaded = examine_provider(sdl)
    if isinstance(loaded, list):
        raise ConnectorError(tuple(loaded))
    return loaded


def _examine_any(sdl: str) -> AnyConnector | list[SdlProblem]:
    return examine_provider(sdl) if is_provider(sdl) else _examine(sdl)


def _examine(sdl: str) -> Connector | list[SdlProblem]:
    document = read_document(sdl)
    if isinstance(document, list):
        return sorted(document)
    problems = list(sdl_problems(document))
    definition = read_definition(document)
    if isinstance(definition, list):
        return sorted([*problems, *definition])
    problems.extend(definition_problems(document, definition))
    if problems:
        return sorted(set(problems))
    text = subgraph_sdl(document)
    return Connector(
        definition=definition,
        source=sdl,
        digest=hashlib.sha256(sdl.encode()).hexdigest(),
        sdl=text,
        schema=executable_schema(text, definition.account_type),
    )


def executable_schema(text: str, account_type: str) -> GraphQLSchema:
    """Return the schema that a subgraph's documents are executed against, with federation's entry point."""
    return build_schema(
        f"{federation_definitions()}\n{text}\nscalar _Any\nunion _Entity = {account_type}\n"
        "type Query { _entities(representations: [_Any!]!): [_Entity]! }\n",
        assume_valid_sdl=True,
    )


def federation_definitions() -> str:
    """Return the definitions of federation's own directives, as SDL."""
    own = [node for node in spec("federation").definitions if getattr(node, "name").value != "pairwise"]  # noqa: B009
    return print_ast(DocumentNode(definitions=tuple(own)))
