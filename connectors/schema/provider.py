"""Connectors without accounts: a training provider or a job board, which has feeds and nothing of any worker.

Such a file has directives only. It is registered like any platform's, composes nothing, and is read in the background.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial

from graphql import (
    DirectiveNode,
    DocumentNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    ValuesOfCorrectTypeRule,
    build_ast_schema,
    parse,
    validate,
)

from connectors.schema.definition import ProviderDefinition
from connectors.schema.directives import platform_of
from connectors.schema.endpoint_rules import endpoint_problems, source_problems
from connectors.schema.feeds import feed_problems, read_entries, read_feeds
from connectors.schema.link_rules import link_problems
from connectors.schema.problem import SdlProblem, find_directive, placed, problem_at
from connectors.schema.reader import DirectiveReader
from connectors.schema.rules import NAME, VERSION
from connectors.schema.vocabulary import spec

ALLOWED = frozenset({"link", "platform", "limits", "source", "envelope", "feed", "entry"})
"""Directives of a connector without accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConnector:
    """A checked connector without accounts. `source` is the file's text, `digest` its SHA-256."""

    definition: ProviderDefinition
    source: str
    digest: str

    @property
    def name(self) -> str:
        """The provider's name."""
        return self.definition.platform.name


def is_provider(sdl: str) -> bool:
    """Whether a text is meant to be a connector without accounts: it has feeds and defines no object type."""
    try:
        document = parse(sdl)
    except GraphQLSyntaxError:
        return False
    has_feed = any(
        directive.name.value == "feed"
        for node in document.definitions
        if isinstance(node, SchemaExtensionNode | SchemaDefinitionNode)
        for directive in node.directives or ()
    )
    return has_feed and not any(isinstance(node, ObjectTypeDefinitionNode) for node in document.definitions)


def examine_provider(sdl: str) -> ProviderConnector | list[SdlProblem]:
    """Return the connector, or everything that is wrong with its text, in order."""
    document, schema = parse(sdl), _spec_schema()
    directives = [each for node in document.definitions for each in getattr(node, "directives", None) or ()]
    if links := sorted(link_problems(directives)):
        return links
    problems = [
        problem_at(node, "PROVIDER_TYPES", "A connector without accounts declares directives only.")
        for node in document.definitions
        if not isinstance(node, SchemaExtensionNode | SchemaDefinitionNode)
    ]
    problems += [
        problem_at(error.nodes[0] if error.nodes else document.definitions[0], "DIRECTIVE_INVALID", error.message)
        for error in validate(schema, document, [ValuesOfCorrectTypeRule])
    ]
    if problems:
        return sorted(problems)
    problems = [
        problem_at(each, "PROVIDER_DIRECTIVE", f"@{each.name.value} needs an account type, which this file lacks.")
        for each in directives
        if each.name.value not in ALLOWED and schema.get_directive(each.name.value) is not None
    ]
    reader = DirectiveReader(schema)
    found = reader.read([each for each in directives if each.name.value != "link"])
    if not found["platform"] and not reader.problems:
        reader.add(document.definitions[0], "DIRECTIVE_MISSING", "The schema needs @platform.")
    if problems or reader.problems:
        return sorted([*problems, *reader.problems])
    sources = reader.sources(found)
    definition = ProviderDefinition(
        platform=platform_of(found["platform"][0][1]),
        sources=sources,
        feeds=read_feeds(reader, found["feed"], sources),
        entries=read_entries(found["entry"]),
        limits=reader.limits(found["limits"]),
    )
    problems = sorted([*reader.problems, *_problems(definition, schema, directives)])
    if problems:
        return problems
    return ProviderConnector(definition=definition, source=sdl, digest=hashlib.sha256(sdl.encode()).hexdigest())


def _problems(
    definition: ProviderDefinition, schema: GraphQLSchema, directives: Sequence[DirectiveNode]
) -> Iterator[SdlProblem]:
    place = partial(find_directive, directives)
    platform, at = definition.platform, place("platform")
    if not NAME.fullmatch(platform.name):
        yield problem_at(at, "PLATFORM_NAME", "The name is lower-case letters and digits, words joined by _.")
    if not VERSION.fullmatch(platform.version):
        yield problem_at(at, "PLATFORM_VERSION", "The connector's version is of the form 1.2.3.")
    for source in definition.sources.values():
        yield from placed(source_problems(source), place("source", "name", source.name))
    for feed in definition.feeds:
        yield from placed(endpoint_problems(f"feed {feed.id}", feed.endpoint), place("feed", "id", feed.id))
    yield from feed_problems(definition, schema, place)


@cache
def _spec_schema() -> GraphQLSchema:
    return build_ast_schema(
        DocumentNode(
            definitions=tuple(
                node for name in ("federation", "connect", "gigway", "canonical") for node in spec(name).definitions
            )
        ),
        assume_valid=True,
        assume_valid_sdl=True,
    )
