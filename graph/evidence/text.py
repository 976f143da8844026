"""Says in plain words what shows a skill and how surely."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from graph.evidence.estimate import HeldSkill, Source
from graph.evidence.facts import EngagementKind, RatingFact, SkillFact
from graph.evidence.usual_ratings import Basis, usual_rating
from graph.taxonomy.graph import SkillGraph

SHOWN = 3
PLURALS: Mapping[EngagementKind, tuple[str, str]] = MappingProxyType(
    {
        EngagementKind.RIDE: ("ride", "rides"),
        EngagementKind.DELIVERY: ("delivery", "deliveries"),
        EngagementKind.TASK: ("task", "tasks"),
        EngagementKind.SHIFT: ("shift", "shifts"),
        EngagementKind.MICROTASK: ("microtask", "microtasks"),
        EngagementKind.CONTRACT: ("contract", "contracts"),
        EngagementKind.MILESTONE: ("milestone", "milestones"),
        EngagementKind.PROJECT: ("project", "projects"),
        EngagementKind.SPONSORSHIP: ("sponsorship", "sponsorships"),
    }
)


def explain_skill(graph: SkillGraph, held: HeldSkill) -> str:
    """Name the gigs' kinds, counts, periods and platforms behind a skill, and what they come to."""
    shown = "; ".join(_source(each) for each in held.sources[:SHOWN])
    rest = len(held.sources) - SHOWN
    more = f"; and {rest} more" if rest > 0 else ""
    width = held.high - held.low
    sureness = "well supported" if width < 0.16 else "supported" if width < 0.22 else "little is known"
    return (
        f"{shown}{more}. About {held.hours:.0f} hours speak for {graph.skills[held.skill].name}, older work for less; "
        f"{_quality(held)} Estimate {held.proficiency:.2f}, between {held.low:.2f} and {held.high:.2f}: {sureness}."
    )


def _source(source: Source) -> str:
    fact = source.fact
    one, many = PLURALS[fact.kind]
    text = f"{fact.completed} {one if fact.completed == 1 else many} at {fact.platform}"
    if fact.occupation_label:
        text += f" as {fact.occupation_label}"
    if fact.first_at is not None and fact.last_at is not None:
        text += f" from {fact.first_at:%Y-%m} to {fact.last_at:%Y-%m}"
    if fact.recent:
        text += f", {fact.recent} in the last year"
    ratings = [_rating(fact, each) for each in fact.ratings]
    return text + (f", rated {', '.join(ratings)}" if ratings else "")


def _rating(fact: SkillFact, rating: RatingFact) -> str:
    """Name a rating beside what is usual there, since it says nothing by itself."""
    text = f"{rating.value:g} of {rating.best:g}" + (f" ({rating.sample} ratings)" if rating.sample is not None else "")
    usual = usual_rating(fact, rating)
    if usual.basis is Basis.UNKNOWN:
        return f"{text}, of which it is not known what is usual at {fact.platform}"
    where = f"for {PLURALS[fact.kind][1]}" if usual.is_of_kind else f"at {fact.platform}"
    return f"{text} where {usual.on_scale(rating):.4g} is usual {where}"


def _quality(held: HeldSkill) -> str:
    if held.quality > 0.15:
        return "ratings and completion are better than usual."
    if held.quality < -0.15:
        return "ratings or completion are below what is usual."
    return "ratings and completion are as usual, or too few to tell."
