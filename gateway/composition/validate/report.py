"""Collecting the errors of one subgraph."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.composition.errors import CompositionError, in_subgraph
from gateway.composition.schema.model import At
from gateway.composition.subgraph.model import Subgraph


@dataclass(slots=True)
class Report:
    """The errors found so far in one subgraph."""

    subgraph: Subgraph
    errors: list[CompositionError] = field(default_factory=list)

    def __call__(self, code: str, message: str, at: At | None = None) -> None:
        """Record an error."""
        self.errors.append(in_subgraph(self.subgraph.name, code, message, at))
