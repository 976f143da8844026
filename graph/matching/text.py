"""Says in plain words why an opportunity stands where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from graph.matching.model import Feature
from graph.matching.preferences import PLAIN, Preferences
from graph.model import Opportunity, SkillId
from graph.taxonomy.graph import SkillGraph
from graph.wording import ENGLISH, Words, mark

NAMED = 3

FEATURES: Mapping[str, str] = MappingProxyType(
    {
        "required_skills": mark("how well the required skills are shown"),
        "required_held": mark("how many of the required skills are held"),
        "preferred_skills": mark("how well the preferred skills are shown"),
        "within_reach": mark("how soon the rest can be learned"),
        "occupation": mark("work in the same or a similar occupation"),
        "place": mark("where it is"),
        "hours": mark("hours a week"),
        "pay": mark("what it pays"),
        "performance": mark("how well work was done"),
    }
)
"""What the parts of a score are called."""


def explain_match(
    graph: SkillGraph,
    opportunity: Opportunity,
    missing: Sequence[SkillId],
    features: Sequence[Feature],
    blocked_by: str | None = None,
    wishes: Preferences = PLAIN,
    words: Words = ENGLISH,
) -> str:
    """Name what is held and missing, what counted most, where terms and wishes differ, and a licence that lacks."""
    required = len(opportunity.required)
    text = words.say("No skill is required")
    if required:
        text = words.say("%(held)s of %(all)s required skills are held", held=required - len(missing), all=required)
    if missing:
        text += words.say("; missing: %(skills)s", skills=words.names(graph, missing, NAMED))
    told = [each for each in features if each.contribution > 0 and _is_said(each, opportunity)]
    if told:
        strongest = max(told, key=lambda each: (each.contribution, each.name))
        text += words.say(
            ". What counted most: %(feature)s (%(share)s of %(score)s)",
            feature=words.say(FEATURES[strongest.name]),
            share=words.number(strongest.contribution, ".2f"),
            score=words.number(sum(each.contribution for each in features), ".2f"),
        )
    text += "".join(f". {each}" for each in _terms(opportunity, wishes, words))
    if blocked_by is not None:
        text += words.say(
            ". Not open yet: the occupation is regulated (%(by)s), and no work in it or licence is shown",
            by=words.say(blocked_by),
        )
    return text + "."


def _is_said(feature: Feature, opportunity: Opportunity) -> bool:
    """Whether a feature tells workers apart: where no skill is required or preferred, everybody has the same."""
    match feature.name:
        case "preferred_skills":
            return bool(opportunity.preferred)
        case "required_skills" | "required_held":
            return bool(opportunity.required)
        case _:
            return True


def _terms(opportunity: Opportunity, wishes: Preferences, words: Words) -> Iterator[str]:
    wanted, offered = wishes.hours_per_week, opportunity.hours_per_week
    if wanted is not None and offered is not None and wanted != offered:
        yield words.say("It takes %(offered)s hours a week, and %(wanted)s are wanted", offered=offered, wanted=wanted)
    if wishes.least_pay and wishes.currency != opportunity.pay.currency:
        yield words.say(
            "It pays in %(paid)s, which is not compared with the least pay, in %(wanted)s",
            paid=opportunity.pay.currency,
            wanted=wishes.currency,
        )
