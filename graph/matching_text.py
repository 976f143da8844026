"""Says in plain words why an opportunity stands where it stands."""

from __future__ import annotations

from graph.matching import Match
from graph.taxonomy import SkillGraph

NAMED = 3


def explain_match(graph: SkillGraph, match: Match) -> str:
    """Name what is held and missing of the requirements, and what counted most."""
    required = len(match.opportunity.required)
    held = required - len(match.missing)
    text = f"{held} of {required} required skills are held"
    if match.missing:
        names = [graph.skills[each].name for each in match.missing[:NAMED]]
        rest = len(match.missing) - len(names)
        text += f"; missing: {', '.join(names)}" + (f" and {rest} more" if rest else "")
    strongest = max(match.features, key=lambda each: (each.contribution, each.name))
    if strongest.contribution > 0:
        text += f". What counted most: {strongest.name.replace('_', ' ')} ({strongest.contribution:.2f})"
    return text + "."
