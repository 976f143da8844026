"""From facts to skills held: how well, how surely, and what shows it. Pure: the same facts and `now`, the same answer.

For each skill, over the facts i that speak for it (relevance r_i, `relevance.py`; trust f_i, by fidelity and by
whether the occupation is inferred):

* count, forgetting: n_i = recent · 2^(-a/H) + older · 2^(-max(a, 1 year)/H), a = age of the last gig, H = 3 years;
* practice: X = Σ r_i f_i h_i n_i / completed_i, h_i = hours worked (typical hours of the kind, where unknown);
* exposure: N = Σ r_i f_i n_i t_i, t_i = typical hours of the kind; a credential adds 60 hours to X and to N;
* quality q in [-1, 1]: ratings on their own scale, shrunk by their sample (at most one for each gig) to what is usual
  on that platform, and counted in its spreads (`usual_ratings`), and completion, likewise shrunk;
* level: y = 0.2 + 0.75 · X/(X + 200) · (1 + 0.2 q), at most 0.95: a rating without work says nothing;
* estimate: prior 0.2 ± 0.12 and observation y of precision 40 · log2(1 + N/4), combined by precision.

So the interval narrows with N alone: more evidence never lowers certainty, whatever it says.
With these constants the 80 % interval never leaves 0…1, hence is never cut. `docs/skills.md` works an example by hand.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from graph.evidence.facts import EngagementKind, Fidelity, SkillFact
from graph.evidence.licences import authorized, licensed_by
from graph.evidence.relevance import NAMED, named_skills, occupation_of, skills_of
from graph.evidence.usual_ratings import usual_rating
from graph.model import OccupationId, SkillId
from graph.taxonomy.graph import SkillGraph

PRIOR_LEVEL = 0.2
PRIOR_PRECISION = 1 / 0.12**2
PRECISION_PER_DOUBLING = 40.0
EXPOSURE_UNIT = 4.0
HALF_LEARNED = 200.0
LEVEL_RANGE = 0.75
HIGHEST_LEVEL = 0.95
QUALITY_EFFECT = 0.2
Z80 = 1.2815515655446004
"""Half the width of an 80 % interval, in standard deviations."""

HALF_LIFE = timedelta(days=3 * 365.25)
YEAR = timedelta(days=365)
UNKNOWN_AGE = timedelta(days=365)

CREDENTIAL_HOURS = 60.0
TYPICAL_HOURS: Mapping[EngagementKind, float] = MappingProxyType(
    {
        EngagementKind.RIDE: 0.4,
        EngagementKind.DELIVERY: 0.5,
        EngagementKind.TASK: 2.0,
        EngagementKind.SHIFT: 6.0,
        EngagementKind.MICROTASK: 0.05,
        EngagementKind.CONTRACT: 25.0,
        EngagementKind.MILESTONE: 12.0,
        EngagementKind.PROJECT: 60.0,
        EngagementKind.SPONSORSHIP: 0.0,  # income: no skill is claimed of it (`silence`)
    }
)
TRUST: Mapping[Fidelity, float] = MappingProxyType(
    {Fidelity.DOCUMENTED: 1.0, Fidelity.OBSERVED: 0.9, Fidelity.TAKEOUT: 0.9, Fidelity.HYPOTHETICAL: 0.5}
)
INFERRED_TRUST = 0.7

RATING_PSEUDO_SAMPLE = 20.0
USUAL_COMPLETION = 0.95
COMPLETION_SPREAD = 0.1
COMPLETION_PSEUDO_SAMPLE = 40.0
RATING_SHARE = 0.75
PERFORMANCE_PSEUDO_HOURS = 40.0

HELD = 0.4
"""From this proficiency on, plans and matches count a skill as held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A fact that shows a skill, and its share (0 to 1) in the practice behind it."""

    fact: SkillFact
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSkill:
    """A skill with its estimated proficiency and the bounds of the 80 % interval, best sources first."""

    skill: SkillId
    proficiency: float
    low: float
    high: float
    sources: tuple[Source, ...]
    hours: float
    quality: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What a worker's evidence supports: skills, best supported first, and hours of practice by occupation.

    `performance` is how well all work was done, from -1 to 1: q over all facts by exposure, shrunk to 0 by 40 hours.
    `licensed` are the regulated occupations that credentials license for.
    """

    skills: Mapping[SkillId, HeldSkill]
    practice: Mapping[OccupationId, float]
    performance: float = 0.0
    licensed: frozenset[OccupationId] = frozenset()

    @property
    def authorized(self) -> frozenset[OccupationId]:
        """Occupations that may be worked in although they are regulated."""
        return authorized(self.practice, self.licensed)

    @property
    def held(self) -> frozenset[SkillId]:
        """Skills that count as held."""
        return frozenset(each.skill for each in self.skills.values() if each.proficiency >= HELD)


@dataclass(frozen=True, slots=True)
class _Weight:
    """One fact's part in one skill."""

    fact: SkillFact
    practice: float
    exposure: float


def assess(graph: SkillGraph, facts: Sequence[SkillFact], now: datetime) -> Holding:
    """Return what the facts show at the instant `now`."""
    weights: dict[SkillId, list[_Weight]] = defaultdict(list)
    practice: dict[OccupationId, float] = defaultdict(float)
    seen: list[tuple[float, float]] = []
    for fact in facts:
        trust = TRUST[fact.fidelity] * (INFERRED_TRUST if fact.inferred else 1.0)
        fresh = _fresh_count(fact, now)
        hours = _hours(fact) * fresh / max(1, fact.completed) * trust
        exposure = fresh * TYPICAL_HOURS[fact.kind] * trust
        if exposure > 0:
            seen.append((exposure, _quality(fact)))
            for skill, relevance in skills_of(graph, fact).items():
                weights[skill].append(_Weight(fact, relevance * hours, relevance * exposure))
            occupation = occupation_of(graph, fact)
            if occupation is not None:
                practice[occupation] += hours
        for skill in sorted({each for text in fact.credentials for each in named_skills(graph, text)}):
            weight = NAMED * CREDENTIAL_HOURS * TRUST[fact.fidelity]
            weights[skill].append(_Weight(fact, weight, weight))
    skills = [_estimate(skill, found) for skill, found in weights.items()]
    skills.sort(key=lambda each: (-each.low, graph.skills[each.skill].name, each.skill))
    return Holding(
        skills=MappingProxyType({each.skill: each for each in skills}),
        practice=MappingProxyType(dict(sorted(practice.items()))),
        performance=_performance(seen),
        licensed=licensed_by(graph, facts),
    )


def _estimate(skill: SkillId, weights: Sequence[_Weight]) -> HeldSkill:
    practice = math.fsum(each.practice for each in weights)
    exposure = math.fsum(each.exposure for each in weights)
    quality = math.fsum(_quality(each.fact) * each.exposure for each in weights) / exposure if exposure else 0.0
    learned = practice / (practice + HALF_LEARNED)
    level = min(HIGHEST_LEVEL, PRIOR_LEVEL + LEVEL_RANGE * learned * (1 + QUALITY_EFFECT * quality))
    precision = PRECISION_PER_DOUBLING * math.log2(1 + exposure / EXPOSURE_UNIT)
    # Center and margin are rounded apart, so that rounding never widens an interval.
    mean = round((PRIOR_PRECISION * PRIOR_LEVEL + precision * level) / (PRIOR_PRECISION + precision), 4)
    margin = round(Z80 / math.sqrt(PRIOR_PRECISION + precision), 4)
    return HeldSkill(
        skill=skill,
        proficiency=mean,
        low=round(mean - margin, 4),
        high=round(mean + margin, 4),
        sources=_sources(weights, exposure),
        hours=practice,
        quality=quality,
    )


def _performance(seen: Sequence[tuple[float, float]]) -> float:
    total = math.fsum(exposure for exposure, _ in seen)
    return round(math.fsum(exposure * quality for exposure, quality in seen) / (total + PERFORMANCE_PSEUDO_HOURS), 4)


def _sources(weights: Sequence[_Weight], exposure: float) -> tuple[Source, ...]:
    shares: dict[int, tuple[SkillFact, float]] = {}
    for each in weights:
        fact, share = shares.get(id(each.fact), (each.fact, 0.0))
        shares[id(each.fact)] = (fact, share + (each.exposure / exposure if exposure else 0.0))
    found = [Source(fact=fact, weight=round(share, 4)) for fact, share in shares.values()]
    return tuple(sorted(found, key=lambda each: (-each.weight, each.fact.platform, each.fact.kind.value)))


def _fresh_count(fact: SkillFact, now: datetime) -> float:
    """Return the completed gigs, each worth the less the longer ago the work was."""
    age = max(timedelta(0), now - fact.last_at) if fact.last_at is not None else UNKNOWN_AGE
    older = fact.completed - fact.recent
    return fact.recent * _decay(age) + older * _decay(max(age, YEAR))


def _decay(age: timedelta) -> float:
    return math.exp2(-(age / HALF_LIFE))


def _hours(fact: SkillFact) -> float:
    return float(fact.hours) if fact.hours is not None else fact.completed * TYPICAL_HOURS[fact.kind]


def _quality(fact: SkillFact) -> float:
    """Return how well the work was done, from -1 to 1; 0 is usual."""
    if not fact.completed:
        return 0.0
    rated = total = 0.0
    for rating in fact.ratings:
        sample = min(1 if rating.sample is None else rating.sample, fact.completed)
        normal = (rating.value - rating.worst) / (rating.best - rating.worst)
        usual = usual_rating(fact, rating)
        weight = sample / (sample + RATING_PSEUDO_SAMPLE)
        rated += weight * _bounded(weight * (normal - usual.mean) / usual.spread)
        total += weight
    completion = (fact.completed + COMPLETION_PSEUDO_SAMPLE * USUAL_COMPLETION) / (
        fact.completed + fact.cancelled + COMPLETION_PSEUDO_SAMPLE
    )
    reliable = _bounded((completion - USUAL_COMPLETION) / COMPLETION_SPREAD)
    return RATING_SHARE * (rated / total if total else 0.0) + (1 - RATING_SHARE) * reliable


def _bounded(value: float) -> float:
    return max(-1.0, min(1.0, value))
