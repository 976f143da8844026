"""Says in plain words what shows a skill and how surely."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from graph.evidence.estimate import HeldSkill, Source
from graph.evidence.facts import EngagementKind, RatingFact, SkillFact
from graph.evidence.relevance import occupation_of
from graph.evidence.usual_ratings import Basis, usual_rating
from graph.taxonomy.graph import SkillGraph
from graph.wording import ENGLISH, Words, mark, pair

SHOWN = 3
FEW_HOURS = 10
"""Below this, hours are told to a tenth."""
PLURALS: Mapping[EngagementKind, tuple[str, str]] = MappingProxyType(
    {
        EngagementKind.RIDE: pair("ride", "rides"),
        EngagementKind.DELIVERY: pair("delivery", "deliveries"),
        EngagementKind.TASK: pair("task", "tasks"),
        EngagementKind.SHIFT: pair("shift", "shifts"),
        EngagementKind.MICROTASK: pair("microtask", "microtasks"),
        EngagementKind.CONTRACT: pair("contract", "contracts"),
        EngagementKind.MILESTONE: pair("milestone", "milestones"),
        EngagementKind.PROJECT: pair("project", "projects"),
        EngagementKind.SPONSORSHIP: pair("sponsorship", "sponsorships"),
    }
)


def explain_skill(graph: SkillGraph, held: HeldSkill, words: Words = ENGLISH) -> str:
    """Name the gigs' kinds, counts, periods and platforms behind a skill, and what they come to."""
    shown = "; ".join(_source(graph, each, words) for each in held.sources[:SHOWN])
    rest = len(held.sources) - SHOWN
    if rest > 0:
        shown += words.say("; and %(rest)s more", rest=rest)
    width = held.high - held.low
    sureness = (
        mark("well supported") if width < 0.16 else mark("supported") if width < 0.22 else mark("little is known")
    )
    return words.say(
        "%(shown)s. About %(hours)s hours speak for %(skill)s, older work for less; %(quality)s "
        "Estimate %(estimate)s, between %(low)s and %(high)s: %(sureness)s.",
        shown=shown,
        hours=words.number(held.hours, ".0f" if held.hours >= FEW_HOURS else ".1f"),
        skill=words.name(graph.skills[held.skill]),
        quality=words.say(_quality(held)),
        estimate=words.number(held.proficiency, ".2f"),
        low=words.number(held.low, ".2f"),
        high=words.number(held.high, ".2f"),
        sureness=words.say(sureness),
    )


def _source(graph: SkillGraph, source: Source, words: Words) -> str:
    fact = source.fact
    platform = graph.platform_name(fact.platform)
    kind = words.count(*PLURALS[fact.kind], fact.completed)
    text = words.say("%(count)s %(kind)s at %(platform)s", count=fact.completed, kind=kind, platform=platform)
    known = occupation_of(graph, fact) if fact.occupation_uri or fact.occupation_label else None
    called = fact.occupation_label if known is None else words.name(graph.occupations[known])
    if called:
        text += words.say(" as %(occupation)s", occupation=called)
    if fact.first_at is not None and fact.last_at is not None:
        first, last = f"{fact.first_at:%Y-%m}", f"{fact.last_at:%Y-%m}"
        if first == last:
            text += words.say(" in %(month)s", month=first)
        else:
            text += words.say(" from %(first)s to %(last)s", first=first, last=last)
    if fact.recent:
        text += words.say(", %(recent)s in the last year", recent=fact.recent)
    ratings = [_rating(fact, each, platform, words) for each in fact.ratings]
    return text + (words.say(", rated %(ratings)s", ratings=", ".join(ratings)) if ratings else "")


def _rating(fact: SkillFact, rating: RatingFact, platform: str, words: Words) -> str:
    """Name a rating beside what is usual there, since it says nothing by itself."""
    text = words.say(
        "%(value)s of %(best)s", value=words.number(rating.value, "g"), best=words.number(rating.best, "g")
    )
    if rating.sample is not None:
        text += words.count(" (%(count)s rating)", " (%(count)s ratings)", rating.sample)
    usual = usual_rating(fact, rating)
    if usual.basis is Basis.UNKNOWN:
        return text + words.say(", of which it is not known what is usual at %(platform)s", platform=platform)
    mean = words.number(usual.on_scale(rating), ".4g")
    if usual.is_of_kind:
        kind = words.count(*PLURALS[fact.kind], 2)
        return text + words.say(" where %(mean)s is usual for %(kind)s", mean=mean, kind=kind)
    return text + words.say(" where %(mean)s is usual at %(platform)s", mean=mean, platform=platform)


def _quality(held: HeldSkill) -> str:
    if held.quality > 0.15:
        return mark("ratings and completion are better than usual.")
    if held.quality < -0.15:
        return mark("ratings or completion are below what is usual.")
    return mark("ratings and completion are as usual, or too few to tell.")
