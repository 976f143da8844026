"""The order of the rules for one subgraph."""

from __future__ import annotations

from gateway.composition.errors import CompositionError
from gateway.composition.schema.model import At
from gateway.composition.subgraph import specs
from gateway.composition.subgraph.expand import Expanded
from gateway.composition.subgraph.links import FEDERATION
from gateway.composition.subgraph.model import Subgraph
from gateway.composition.subgraph.usage import usage

from .contexts import check_contexts
from .costs import check_costs
from .definitions import check_definitions
from .directives import check_placement
from .externals import check_externals
from .field_sets import check_field_sets, check_provided_types
from .graphql_directives import check_directives
from .graphql_types import check_types
from .interfaces import check_interfaces
from .report import Report
from .roots import check_names


def validate(expanded: Expanded) -> list[CompositionError]:
    """All errors of the first stage of rules that finds any."""
    report = Report(expanded.subgraph)
    check_definitions(report, expanded.written)
    if report.errors:
        return report.errors
    _check_graphql(report, expanded)
    if report.errors:
        return report.errors
    check_names(report, expanded.written)
    validate_federation(report)
    return report.errors


def validate_federation(report: Report) -> None:
    """Federation's rules, for a schema that is valid GraphQL."""
    check_provided_types(report)
    if report.errors:
        return
    facts = usage(report.subgraph)
    check_field_sets(report, facts)
    check_externals(report, facts)
    check_interfaces(report)
    check_placement(report)
    check_costs(report)
    check_contexts(report)


def _check_graphql(report: Report, expanded: Expanded) -> None:
    subgraph = expanded.subgraph

    def complain(message: str, at: At | None) -> None:
        report("INVALID_GRAPHQL", message, at)

    for flaw in expanded.flaws:
        complain(flaw.message, flaw.at)
    known = _known_types(subgraph)
    check_types(complain, expanded.written, known)
    if not report.errors:
        check_directives(complain, expanded.written, subgraph.definitions, lambda name: _unknown(subgraph, name))


def _known_types(subgraph: Subgraph) -> frozenset[str]:
    """Names that the specifications bring, so that authors may use them without definition."""
    if subgraph.links.get(FEDERATION) is None:
        return subgraph.machinery - {specs.FEDERATION_1_FIELD_SET}
    return subgraph.machinery


def _unknown(subgraph: Subgraph, name: str) -> str:
    message = f'Unknown directive "@{name}".'
    if name not in specs.FEDERATION_DIRECTIVES:
        return message
    federation = subgraph.links.get(FEDERATION)
    if federation is None:
        return (
            f'{message} If you meant the "@{name}" federation 2 directive, note that this schema is a federation 1 '
            "schema. To be a federation 2 schema, it needs to @link to the federation specification v2."
        )
    if name not in specs.federation_directives(federation.version):
        return f"{message} It needs a later version of the federation specification."
    return (
        f'{message} If you meant the "@{name}" federation directive, you should use "@{federation.directive(name)}" '
        f'or add "@{name}" to the `import` argument of the @link to the federation specification.'
    )
