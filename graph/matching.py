"""Opportunities in the order in which they suit what a worker holds. A transparent linear model; every part is shown.

| feature | value, 0 to 1 | weight |
|---|---|---|
| `required_skills` | mean lower bound of proficiency in the required skills, rare ones counting more | 0.45 |
| `required_held` | share of the required skills that count as held | 0.25 |
| `preferred_skills` | like the first, over the preferred skills; 1 where none is preferred | 0.15 |
| `occupation` | how near its occupation is to those practised: cosine of their skills by rarity | 0.15 |

The score is the sum of value times weight. Equal scores are ordered by id. No attribute of the person is read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from graph.evidence import Holding
from graph.model import OccupationId, Opportunity, SkillId
from graph.pages import Key
from graph.taxonomy import SkillGraph

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"required_skills": 0.45, "required_held": 0.25, "preferred_skills": 0.15, "occupation": 0.15}
)

OPTIONAL_PART = 0.5
"""What an optional skill counts beside an essential one, in the vector of an occupation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One part of a score."""

    name: str
    value: float
    weight: float

    @property
    def contribution(self) -> float:
        """What it adds to the score."""
        return round(self.value * self.weight, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An opportunity and how well it suits, with the required skills that are not held."""

    opportunity: Opportunity
    score: float
    features: tuple[Feature, ...]
    missing: tuple[SkillId, ...]

    @property
    def key(self) -> Key:
        """Where it stands in the ranking."""
        return (-self.score, self.opportunity.id)


def rank(graph: SkillGraph, holding: Holding, now: datetime) -> Sequence[Match]:
    """Return all open opportunities, best match first."""
    nearness: dict[OccupationId, float] = {}
    found = []
    for opportunity in graph.opportunities.values():
        if opportunity.is_open(now):
            if opportunity.occupation not in nearness:
                nearness[opportunity.occupation] = _nearness(graph, holding, opportunity.occupation)
            found.append(_match(graph, holding, opportunity, nearness[opportunity.occupation]))
    return sorted(found, key=lambda each: each.key)


def similarity(graph: SkillGraph, one: OccupationId, other: OccupationId) -> float:
    """Return how alike two occupations are in their skills, from 0 to 1."""
    if one == other:
        return 1.0
    left, right = _vector(graph, one), _vector(graph, other)
    product = math.fsum(value * right[skill] for skill, value in left.items() if skill in right)
    norms = math.sqrt(math.fsum(v * v for v in left.values()) * math.fsum(v * v for v in right.values()))
    return product / norms if norms else 0.0


def _match(graph: SkillGraph, holding: Holding, opportunity: Opportunity, nearness: float) -> Match:
    missing = sorted(opportunity.required - holding.held, key=lambda each: (graph.skills[each].name, each))
    values = {
        "required_skills": _support(graph, holding, opportunity.required),
        "required_held": 1 - len(missing) / len(opportunity.required) if opportunity.required else 1.0,
        "preferred_skills": _support(graph, holding, opportunity.preferred),
        "occupation": nearness,
    }
    features = tuple(Feature(name=name, value=round(values[name], 4), weight=WEIGHTS[name]) for name in WEIGHTS)
    return Match(
        opportunity=opportunity,
        score=round(math.fsum(each.contribution for each in features), 6),
        features=features,
        missing=tuple(missing),
    )


def _support(graph: SkillGraph, holding: Holding, skills: frozenset[SkillId]) -> float:
    if not skills:
        return 1.0
    weights = {skill: graph.rarity(skill) for skill in sorted(skills)}
    total = math.fsum(weights.values())
    lows = {skill: holding.skills[skill].low for skill in weights if skill in holding.skills}
    return math.fsum(weights[skill] * max(0.0, low) for skill, low in lows.items()) / total


def _nearness(graph: SkillGraph, holding: Holding, occupation: OccupationId) -> float:
    """Return the greatest similarity to an occupation practised, each counted by how far it is practised."""
    return max(
        (hours / (hours + 100) * similarity(graph, each, occupation) for each, hours in holding.practice.items()),
        default=0.0,
    )


def _vector(graph: SkillGraph, occupation: OccupationId) -> Mapping[SkillId, float]:
    optional = {skill: OPTIONAL_PART * graph.rarity(skill) for skill in graph.optional(occupation)}
    return optional | {skill: graph.rarity(skill) for skill in graph.essential(occupation)}
