"""Who may work in a regulated occupation: who has practised it, or has a credential that leads to its licence.

A credential counts when it has the name of a programme that licenses for the occupation, or of what that programme
awards. Others may be worth as much; without a register of licences nobody can tell, and then the answer is no.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graph.evidence.facts import SkillFact
from graph.model import OccupationId
from graph.taxonomy.graph import SkillGraph
from graph.taxonomy.names import fold

PRACTISED_HOURS = 40.0
"""Hours from which an occupation counts as practised."""


def licensed_by(graph: SkillGraph, facts: Iterable[SkillFact]) -> frozenset[OccupationId]:
    """Return the regulated occupations that the facts' credentials license for."""
    names = {fold(each) for fact in facts for each in fact.credentials}
    if not names:
        return frozenset()
    return frozenset(
        occupation
        for programme in graph.training.values()
        if programme.licenses
        and not names.isdisjoint(fold(each) for each in (programme.title, programme.certificate or "") if each)
        for occupation in programme.licenses
    )


def practised(practice: Mapping[OccupationId, float]) -> frozenset[OccupationId]:
    """Return the occupations with enough hours of work in them."""
    return frozenset(each for each, hours in practice.items() if hours >= PRACTISED_HOURS)


def authorized(practice: Mapping[OccupationId, float], licensed: frozenset[OccupationId]) -> frozenset[OccupationId]:
    """Return the occupations that may be worked in although they are regulated: practised, or licensed for."""
    return practised(practice) | licensed
