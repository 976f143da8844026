"""Says in plain words why an opportunity stands where it stands."""

from __future__ import annotations

from collections.abc import Sequence

from graph.matching.model import Feature
from graph.model import Opportunity, SkillId
from graph.taxonomy.graph import SkillGraph

NAMED = 3


def explain_match(
    graph: SkillGraph,
    opportunity: Opportunity,
    missing: Sequence[SkillId],
    features: Sequence[Feature],
    blocked_by: str | None = None,
) -> str:
    """Name what is held and missing of the requirements, what counted most, and the licence that stands before it."""
    required = len(opportunity.required)
    held = required - len(missing)
    text = f"{held} of {required} required skills are held"
    if missing:
        names = [graph.skills[each].name for each in missing[:NAMED]]
        rest = len(missing) - len(names)
        text += f"; missing: {', '.join(names)}" + (f" and {rest} more" if rest else "")
    strongest = max(features, key=lambda each: (each.contribution, each.name))
    if strongest.contribution > 0:
        text += f". What counted most: {strongest.name.replace('_', ' ')} ({strongest.contribution:.2f})"
    if blocked_by is not None:
        text += f". Not open yet: the occupation is regulated ({blocked_by}), and no work in it or licence is shown"
    return text + "."
