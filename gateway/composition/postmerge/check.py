"""The order of the rules for the merged schema."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.errors import CompositionError, located
from gateway.composition.merge.merge import Merged
from gateway.composition.schema.model import At
from gateway.composition.subgraph import specs
from gateway.composition.validate.graphql_directives import check_directives
from gateway.composition.validate.graphql_types import check_types

from .authorization import check_required_authorization
from .inaccessible import check_inaccessible
from .interfaces import check_interfaces


def check_merged(merged: Merged) -> Iterator[CompositionError]:
    """What is reported together with the errors of the merge."""
    query = merged.schema.types.get("Query")
    if query is None or not query.fields:
        yield CompositionError(
            code="NO_QUERIES",
            message="No queries found in any subgraph: a supergraph must have a query root type.",
        )
    yield from check_interfaces(merged)


def check_supergraph(merged: Merged) -> Iterator[CompositionError]:
    """What only makes sense once the merge succeeded."""
    errors = _graphql_errors(merged)
    yield from errors
    if not errors:
        yield from check_inaccessible(merged)
        yield from check_required_authorization(merged)


def _graphql_errors(merged: Merged) -> list[CompositionError]:
    found: list[CompositionError] = []

    def complain(message: str, at: At | None) -> None:
        where = () if at is None else located(at.subgraph, at)
        found.append(CompositionError(code="INVALID_GRAPHQL", message=message, locations=where))

    check_types(complain, merged.schema, frozenset(merged.scalars))
    if not found:
        plain = merged.without_joins()
        definitions = {**specs.GRAPHQL_DIRECTIVES, **merged.schema.directives}
        check_directives(complain, plain, definitions, lambda name: f'Unknown directive "@{name}".')
    return found
