"""Says in plain words why an opportunity stands where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graph.matching.model import Feature
from graph.matching.preferences import PLAIN, Preferences
from graph.model import Opportunity, SkillId
from graph.taxonomy.graph import SkillGraph

NAMED = 3


def explain_match(
    graph: SkillGraph,
    opportunity: Opportunity,
    missing: Sequence[SkillId],
    features: Sequence[Feature],
    blocked_by: str | None = None,
    wishes: Preferences = PLAIN,
) -> str:
    """Name what is held and missing, what counted most, where terms and wishes differ, and a licence that lacks."""
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
    text += "".join(f". {each}" for each in _terms(opportunity, wishes))
    if blocked_by is not None:
        text += f". Not open yet: the occupation is regulated ({blocked_by}), and no work in it or licence is shown"
    return text + "."


def _terms(opportunity: Opportunity, wishes: Preferences) -> Iterator[str]:
    wanted, offered = wishes.hours_per_week, opportunity.hours_per_week
    if wanted is not None and offered is not None and wanted != offered:
        yield f"It takes {offered} hours a week, and {wanted} are wanted"
    if wishes.least_pay and wishes.currency != opportunity.pay.currency:
        yield f"It pays in {opportunity.pay.currency}, which is not compared with the least pay, in {wishes.currency}"
