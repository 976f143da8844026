"""What a worker's representation brought, assessed: the beginning of every field that is computed from evidence."""

from __future__ import annotations

from typing import Any

from graph.evidence.estimate import Holding, assess
from graph.evidence.facts import SkillFact, read_facts
from graph.schema.catalogue_types import Info
from graph.schema.scalars import graph_of, services_of


def facts_of(root: Any) -> tuple[SkillFact, ...]:
    """Return the facts of the worker's accounts."""
    return read_facts(root.given)


def holding_of(root: Any, info: Info) -> Holding:
    """Return what the evidence of the worker's accounts supports."""
    return assess(graph_of(info), facts_of(root), services_of(info).clock())
