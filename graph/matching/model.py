"""Opportunities in the order in which they suit what a worker holds, and workers in the order in which they suit one.

A transparent linear model; every part is shown.

| feature | value, 0 to 1 | weight |
|---|---|---|
| `required_skills` | mean lower bound of proficiency in the required skills, rare ones counting more | 0.34 |
| `required_held` | share of the required skills that count as held | 0.16 |
| `preferred_skills` | like the first, over the preferred skills; 1 where none is preferred | 0.10 |
| `within_reach` | e^(-h/120), h = hours of training for the required skills that are not held | 0.10 |
| `occupation` | how near its occupation is to one practised, less where it is little practised | 0.12 |
| `place`, `hours`, `pay` | how well the terms fit the worker's wishes (`terms`) | 0.08, 0.03, 0.03 |
| `performance` | how well all work was done: 0.5 + 0.5 · `Holding.performance` | 0.04 |

The score is the sum of value times weight; equal scores are ordered by id. No attribute of the person is read, and a
score depends on this worker and this opportunity alone. What the worker's wishes exclude is not ranked at all, nor is
work in a regulated occupation for those who have neither practised it nor a licence (`evidence.licences`); what only
that keeps from a worker is ranked apart, when it is asked for.
Both directions are sparse products over matrices that are built once: a `Profile` is a column of skills, an
opportunity a row of requirements; 10,000 opportunities for one worker take a few milliseconds, as do 100,000 workers
for one opportunity (`WorkerIndex`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import overload

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from graph.linking.surfaces import Floats, Integers
from graph.matching.preferences import PLAIN, Preferences
from graph.matching.profile import Profile
from graph.matching.similarity import space_of
from graph.matching.terms import Offers, Wishes, fit
from graph.model import OccupationId, Opportunity, SkillId
from graph.pages import Key
from graph.taxonomy.graph import SkillGraph

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "required_skills": 0.34,
        "required_held": 0.16,
        "preferred_skills": 0.10,
        "within_reach": 0.10,
        "occupation": 0.12,
        "place": 0.08,
        "hours": 0.03,
        "pay": 0.03,
        "performance": 0.04,
    }
)
MODEL = "linear-5"
"""The version of features and weights, as rankings record it: a change of either is a new one."""
REACH_HOURS = 120.0
UNTAUGHT_HOURS = 300.0
"""What a skill that no programme teaches is taken to cost."""
PRACTICE_HOURS = 100.0
"""Hours of practice that count an occupation for half."""


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
    blocked_by: str | None = None
    """What regulates the occupation, when the worker has not shown to have that."""
    wishes: Preferences = PLAIN
    """The worker's wishes that it was matched with."""

    @property
    def key(self) -> Key:
        """Where it stands in the ranking."""
        return (-self.score, self.opportunity.id)


class Numbering:
    """The graph's skills as columns, with what is known of each."""

    def __init__(self, graph: SkillGraph) -> None:
        self.skill = {each: place for place, each in enumerate(graph.skills)}
        self.rarity: Floats = np.array([graph.rarity(each) for each in graph.skills])
        self.hours: Floats = np.array([_hours_to_learn(graph, each) for each in graph.skills])

    def row(self, skills: frozenset[SkillId], *, weighted: bool) -> Mapping[int, float]:
        """Return columns and weights that sum to 1: by rarity, or all alike."""
        places = sorted(self.skill[each] for each in skills)
        values = {place: float(self.rarity[place]) if weighted else 1.0 for place in places}
        total = sum(values.values())
        return {place: value / total for place, value in values.items()}


@lru_cache(maxsize=4)
def numbering_of(graph: SkillGraph) -> Numbering:
    """Return the numbering of a graph. It is made once a graph."""
    return Numbering(graph)


class OpportunityIndex:
    """All opportunities of a graph as rows of requirements."""

    def __init__(self, graph: SkillGraph) -> None:
        self._graph = graph
        self._numbering = numbering_of(graph)
        self.opportunities = tuple(graph.opportunities.values())
        numbering, width = self._numbering, len(graph.skills)
        required = [each.required for each in self.opportunities]
        self._required = rows_of([numbering.row(each, weighted=True) for each in required], width)
        self._alike = rows_of([numbering.row(each, weighted=False) for each in required], width)
        self._preferred = rows_of([numbering.row(each.preferred, weighted=True) for each in self.opportunities], width)
        self._asks = rows_of([dict.fromkeys(numbering.row(each, weighted=False), 1.0) for each in required], width)
        self._prefers_nothing = np.array([not each.preferred for each in self.opportunities], bool)
        self._requires_nothing = np.array([not each for each in required], bool)
        self._offers = Offers.of(self.opportunities)
        number = space_of(graph).number
        self._occupation = np.array([number[each.occupation] for each in self.opportunities], np.int64)
        occupations = (graph.occupations[each.occupation] for each in self.opportunities)
        self._regulated = np.array([each.regulation is not None for each in occupations], bool)
        self._posted = np.array([each.posted_at.timestamp() for each in self.opportunities])
        self._closes = np.array(
            [np.inf if each.closes_at is None else each.closes_at.timestamp() for each in self.opportunities]
        )

    def rank(self, profile: Profile, now: datetime, *, blocked: bool = False) -> Ranking:
        """Return all open opportunities, best match first: those one may take up, or those that a licence blocks."""
        low, held = np.zeros(len(self._numbering.skill)), np.zeros(len(self._numbering.skill))
        for skill, value in profile.low.items():
            low[self._numbering.skill[skill]] = max(0.0, value)
        held[[self._numbering.skill[each] for each in profile.held]] = 1.0
        values = {
            "required_skills": np.where(self._requires_nothing, 1.0, self._required @ low),
            "required_held": np.where(self._requires_nothing, 1.0, self._alike @ held),
            "preferred_skills": np.where(self._prefers_nothing, 1.0, self._preferred @ low),
            "within_reach": np.exp(-(self._asks @ (self._numbering.hours * (1 - held))) / REACH_HOURS),
            "occupation": nearness(self._graph, profile.practice)[self._occupation],
        }
        terms = fit(Wishes.of([profile.preferences]), self._offers)
        performance = performance_value(np.full(len(self.opportunities), profile.performance))
        rounded, scores = score(values | dict(terms.values) | {"performance": performance})
        instant, number = now.timestamp(), space_of(self._graph).number
        unwanted = np.array([number[each] for each in profile.preferences.unwanted if each in number], np.int64)
        authorized = np.array([number[each] for each in profile.authorized if each in number], np.int64)
        is_blocked = self._regulated & ~np.isin(self._occupation, authorized)
        wanted = terms.allowed & ~np.isin(self._occupation, unwanted) & (is_blocked == blocked)
        is_open = np.flatnonzero(wanted & (self._posted <= instant) & (instant < self._closes))
        order = is_open[np.lexsort((is_open, -scores[is_open]))]
        return Ranking(self._graph, profile, self.opportunities, order, scores, rounded, is_blocked)


class Ranking(Sequence[tuple[Key, Match]]):
    """Opportunities, best first, each with its sort key; a match is told when it is looked at."""

    def __init__(
        self,
        graph: SkillGraph,
        profile: Profile,
        opportunities: Sequence[Opportunity],
        order: Integers,
        scores: Floats,
        values: Mapping[str, Floats],
        blocked: NDArray[np.bool_],
    ) -> None:
        self._graph = graph
        self._profile = profile
        self._opportunities = opportunities
        self._order = order
        self._scores = scores
        self._values = values
        self._blocked = blocked

    def __len__(self) -> int:
        return len(self._order)

    def only(self, fits: Callable[[Opportunity], bool]) -> Ranking:
        """Return those that fit, in the same order with the same scores."""
        order = np.array([each for each in self._order if fits(self._opportunities[each])], self._order.dtype)
        return Ranking(
            self._graph, self._profile, self._opportunities, order, self._scores, self._values, self._blocked
        )

    @overload
    def __getitem__(self, place: int) -> tuple[Key, Match]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[tuple[Key, Match]]: ...
    def __getitem__(self, place: int | slice) -> tuple[Key, Match] | Sequence[tuple[Key, Match]]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        number = int(self._order[place])
        opportunity = self._opportunities[number]
        match = Match(
            opportunity=opportunity,
            score=float(self._scores[number]),
            features=tuple(
                Feature(name=name, value=float(self._values[name][number]), weight=WEIGHTS[name]) for name in WEIGHTS
            ),
            missing=named(self._graph, opportunity.required - self._profile.held),
            blocked_by=self._graph.occupations[opportunity.occupation].regulation if self._blocked[number] else None,
            wishes=self._profile.preferences,
        )
        return match.key, match


@lru_cache(maxsize=4)
def opportunities_of(graph: SkillGraph) -> OpportunityIndex:
    """Return the index of a graph's opportunities. It is made once a graph."""
    return OpportunityIndex(graph)


def rank(graph: SkillGraph, profile: Profile, now: datetime, *, blocked: bool = False) -> Ranking:
    """Return all open opportunities that the worker's wishes allow, best match first.

    Those that the worker lacks a licence for are not among them; `blocked` returns these instead.
    """
    return opportunities_of(graph).rank(profile, now, blocked=blocked)


def score(values: Mapping[str, Floats]) -> tuple[Mapping[str, Floats], Floats]:
    """Return values as they are shown, and the scores that anybody can work out from these."""
    rounded = {name: np.round(values[name], 4) for name in WEIGHTS}
    return rounded, np.round(sum(np.round(rounded[name] * weight, 6) for name, weight in WEIGHTS.items()), 6)


def performance_value(performance: Floats) -> Floats:
    """Return the feature's value for performances from -1 to 1."""
    return (1 + performance) / 2


def nearness(graph: SkillGraph, practice: Mapping[OccupationId, float]) -> Floats:
    """Return how near each occupation is to one practised, the less it is practised the less."""
    space = space_of(graph)
    best = np.zeros(len(space.occupations))
    for each, hours in practice.items():
        best = np.maximum(best, hours / (hours + PRACTICE_HOURS) * space.row(each))
    return best


def rows_of(rows: Sequence[Mapping[int, float]], width: int) -> csr_array:
    """Return rows of columns and values as a sparse matrix."""
    pointers = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    columns = np.fromiter((each for row in rows for each in row), np.int64, int(pointers[-1]))
    values = np.fromiter((each for row in rows for each in row.values()), np.float64, int(pointers[-1]))
    return csr_array((values, columns, pointers), shape=(len(rows), width))


def _hours_to_learn(graph: SkillGraph, skill: SkillId) -> float:
    """Return the hours of the shortest programme that teaches a skill, shared among what it teaches."""
    offered = (graph.training[each] for each in graph.training_for(skill))
    return min((max(1.0, each.hours / len(each.teaches)) for each in offered), default=UNTAUGHT_HOURS)


def named(graph: SkillGraph, skills: frozenset[SkillId]) -> tuple[SkillId, ...]:
    """Return skills by label."""
    return tuple(sorted(skills, key=lambda each: (graph.skills[each].name, each)))
