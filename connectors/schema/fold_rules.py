"""The rules of `@fold`: folded from what is there, once, and no part of what was paid left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.schema.definition import Definition
from connectors.schema.document import ConnectorDocument
from connectors.schema.mapping_rules import ENGAGEMENTS, PAYMENTS
from connectors.schema.problem import SdlProblem, problem_at
from connectors.schema.variables import parse_mapping

_JOINED: Final = "Engagement.earnings"
_ORIGINS: Final[Mapping[str, frozenset[str]]] = {
    "experience": frozenset({ENGAGEMENTS}),
    "evidence": frozenset({ENGAGEMENTS}),
    "paidWork": frozenset({ENGAGEMENTS}),
    "earnings": frozenset({ENGAGEMENTS, PAYMENTS}),
    _JOINED: frozenset({PAYMENTS}),
}


def fold_problems(
    document: ConnectorDocument, definition: Definition, given: Mapping[str, str]
) -> Iterator[SdlProblem]:
    """Yield what is wrong with the folds; `given` are the fields and streams that there are, with where from."""
    for field, fold in definition.folds.items():
        node = document.place("fold", "field", field)
        for origin in dict.fromkeys(fold.origins):
            if origin not in _ORIGINS.get(field, ()):
                yield problem_at(node, "FOLD_UNKNOWN", f"{field} cannot be folded from {origin}.")
            elif origin not in given:
                yield problem_at(node, "FOLD_WITHOUT_SOURCE", f"{field} is folded from {origin}, which nothing gives.")
        if len(set(fold.origins)) < len(fold.origins):
            yield problem_at(node, "FOLD_TWICE", f"{field} is folded twice from the same; leave one out.")
        if field in given:
            yield problem_at(node, "FIELD_MAPPED_TWICE", f"{field} is both folded and given by {given[field]}.")
    yield from _halves(document, definition)
    yield from _unpaid(document, definition)


def _halves(document: ConnectorDocument, definition: Definition) -> Iterator[SdlProblem]:
    """Where engagements carry one part of what was paid and payments the rest, sums are of both."""
    earnings, connect = definition.folds.get("earnings"), definition.connect_for(ENGAGEMENTS)
    if earnings is None or connect is None or _JOINED not in definition.folds:
        return
    records = parse_mapping(connect.selection).output_fields().get(ENGAGEMENTS) or {}
    if "earnings" in records and set(earnings.origins) != _ORIGINS["earnings"]:
        message = "Engagements carry earnings, and payments are joined to them: fold `earnings` from both, once each."
        yield problem_at(document.place("fold", "field", "earnings"), "FOLD_OF_HALF", message)


def _unpaid(document: ConnectorDocument, definition: Definition) -> Iterator[SdlProblem]:
    """Pay by the hour takes hours and pay."""
    connect = definition.connect_for(ENGAGEMENTS)
    if "paidWork" not in definition.folds or connect is None:
        return
    records = parse_mapping(connect.selection).output_fields().get(ENGAGEMENTS) or {}
    lacking = [name for name in ("duration", "earnings") if name not in records]
    if _JOINED in definition.folds:
        lacking = [name for name in lacking if name != "earnings"]
    for name in lacking:
        message = f"paidWork is folded from engagements that have {name}, which nothing gives."
        yield problem_at(document.place("fold", "field", "paidWork"), "FOLD_WITHOUT_SOURCE", message)
