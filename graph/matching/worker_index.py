"""Workers who want to be found, as sparse matrices: 100,000 of them ranked for an opportunity in milliseconds.

It holds what `matching` was granted for and nothing else: a `Profile` and an opaque key for each worker. The scores are
those of `matching`, from the other side.

Workers are kept in *segments*, matrices that are never changed. Whoever is added makes a new, small segment; whoever
leaves, or is replaced, is only marked as gone, which the next ranking sees. Small segments are merged as they come, so
that there are few, and a segment that is half gone is made anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, vstack  # type: ignore[import-untyped]

from graph.linking.surfaces import Floats
from graph.matching.model import (
    PRACTICE_HOURS,
    REACH_HOURS,
    WEIGHTS,
    Feature,
    numbering_of,
    performance_value,
    score,
)
from graph.matching.profile import Profile
from graph.matching.similarity import space_of
from graph.matching.terms import Offers, Wishes, fit
from graph.model import OccupationId, Opportunity, SkillId
from graph.taxonomy.graph import SkillGraph

GROWTH = 2
"""A segment is merged with the one before it unless that is so many times as large."""
LARGEST = 16_384
"""No segment is merged into one larger than this: a merge keeps other threads from running while it lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A worker and how well they suit an opportunity."""

    worker: str
    score: float
    features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    """Some profiles, by columns of skills and of occupations; `alive` is all that changes."""

    workers: tuple[str, ...]
    low: csc_array
    held: csc_array
    practised: csc_array
    """Workers × occupations; the share by which an occupation counts."""
    unwanted: csc_array
    authorized: csc_array
    """Workers × occupations: those that may be worked in although they are regulated."""
    performance: Floats
    wishes: Wishes
    alive: NDArray[np.bool_]

    def living(self) -> _Segment:
        """Return what of it is not gone."""
        if self.alive.all():
            return self
        rows = np.flatnonzero(self.alive)
        return _Segment(
            workers=tuple(self.workers[row] for row in rows),
            low=self.low[rows].tocsc(),
            held=self.held[rows].tocsc(),
            practised=self.practised[rows].tocsc(),
            unwanted=self.unwanted[rows].tocsc(),
            authorized=self.authorized[rows].tocsc(),
            performance=self.performance[rows],
            wishes=Wishes(table=self.wishes.table[rows]),
            alive=np.ones(len(rows), bool),
        )

    def joined(self, other: _Segment) -> _Segment:
        """Return both as one."""
        one, two = self.living(), other.living()
        return _Segment(
            workers=one.workers + two.workers,
            low=_stacked(one.low, two.low),
            held=_stacked(one.held, two.held),
            practised=_stacked(one.practised, two.practised),
            unwanted=_stacked(one.unwanted, two.unwanted),
            authorized=_stacked(one.authorized, two.authorized),
            performance=np.concatenate([one.performance, two.performance]),
            wishes=one.wishes.joined(two.wishes),
            alive=np.ones(len(one.workers) + len(two.workers), bool),
        )


class WorkerIndex:
    """The workers who can be found."""

    def __init__(self, graph: SkillGraph) -> None:
        self._graph = graph
        self._space = space_of(graph)
        self._segments: list[_Segment] = []
        self._places: dict[str, tuple[_Segment, int]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, worker: str) -> bool:
        return worker in self._places

    @property
    def graph(self) -> SkillGraph:
        """The skill graph whose columns it has."""
        return self._graph

    def use(self, graph: SkillGraph) -> None:
        """Rank from now on by another market beside the same taxonomy."""
        assert graph.base is self._graph.base
        self._graph = graph

    def hours_for(self, opportunity: Opportunity) -> dict[SkillId, float]:
        """Return the hours of training that each required skill takes."""
        numbering = numbering_of(self._graph)
        return {each: float(numbering.hours[numbering.skill[each]]) for each in sorted(opportunity.required)}

    def put(self, profiles: Iterable[tuple[str, Profile]]) -> None:
        """Add workers, or replace what is known of them."""
        given = dict(profiles)
        for worker in given:
            self.remove(worker)
        if not given:
            return
        segment = self._segment(tuple(given), [each.within(self._graph) for each in given.values()])
        while self._segments and _are_merged(self._segments[-1], segment):
            segment = self._segments.pop().joined(segment)
        self._segments.append(segment)
        self._places.update({worker: (segment, row) for row, worker in enumerate(segment.workers)})

    def remove(self, worker: str) -> None:
        """Forget a worker. No ranking that begins after this knows them."""
        place = self._places.pop(worker, None)
        if place is None:
            return
        segment, row = place
        segment.alive[row] = False
        if 2 * np.count_nonzero(segment.alive) < len(segment.workers):
            left = segment.living()
            self._segments = [each for each in self._segments if each is not segment]
            if left.workers:
                self._segments.append(left)
                self._segments.sort(key=lambda each: -len(each.workers))
            self._places.update({key: (left, number) for number, key in enumerate(left.workers)})

    def rank(
        self,
        opportunity: Opportunity,
        *,
        limit: int,
        after: tuple[float, str] | None = None,
        hours: Mapping[SkillId, float] | None = None,
    ) -> list[Candidate]:
        """Return the workers who suit best, best first; equal ones by key. Those it does not suit are left out.

        `after` is the score and key of somebody: only those who come later in the order are returned. `hours` of
        training for the required skills are those of today's market, unless others are given.
        """
        if limit <= 0:
            return []
        lasts = self.hours_for(opportunity) if hours is None else hours
        best = [each for segment in self._segments for each in self._best(segment, opportunity, limit, after, lasts)]
        return sorted(best, key=lambda each: (-each.score, each.worker))[:limit]

    def _best(
        self,
        segment: _Segment,
        opportunity: Opportunity,
        limit: int,
        after: tuple[float, str] | None,
        hours: Mapping[SkillId, float],
    ) -> list[Candidate]:
        values, allowed = self._values(segment, opportunity, hours)
        rounded, scores = score(values)
        wanted = allowed & segment.alive
        if after is not None:
            last, key = after
            for row in np.flatnonzero(wanted & (scores == last)):
                wanted[row] = segment.workers[row] > key
            wanted &= scores <= last
        able = np.flatnonzero(wanted)
        if not len(able):
            return []
        count = min(limit, len(able))
        least = np.partition(scores[able], len(able) - count)[len(able) - count]
        rows = able[scores[able] >= least]
        if len(rows) > count:
            # Of equal ones, keys decide: they are looked at only here.
            order = sorted(rows.tolist(), key=lambda row: (-scores[row], segment.workers[row]))
            rows = np.array(order[:count], np.int64)
        return [
            Candidate(
                worker=segment.workers[row],
                score=float(scores[row]),
                features=tuple(
                    Feature(name=name, value=float(rounded[name][row]), weight=WEIGHTS[name]) for name in WEIGHTS
                ),
            )
            for row in rows
        ]

    def _values(
        self, segment: _Segment, opportunity: Opportunity, hours: Mapping[SkillId, float]
    ) -> tuple[dict[str, Floats], NDArray[np.bool_]]:
        """Return each feature for each worker, and whom the opportunity suits at all."""
        numbering = numbering_of(self._graph)
        required = sorted(opportunity.required)
        held = _columns(segment.held, [numbering.skill[each] for each in required])
        ones = np.ones(len(segment.workers))
        terms = fit(segment.wishes, Offers.of([opportunity]))
        values: dict[str, Floats] = {
            "required_skills": self._support(segment, opportunity.required),
            "required_held": held.mean(axis=1) if required else ones,
            "preferred_skills": self._support(segment, opportunity.preferred),
            "within_reach": np.exp(-((1 - held) @ np.array([hours[each] for each in required], float)) / REACH_HOURS),
            "occupation": self._nearness(segment, opportunity),
            **terms.values,
            "performance": performance_value(segment.performance),
        }
        column = [self._space.number[opportunity.occupation]]
        allowed = terms.allowed & ~(_columns(segment.unwanted, column)[:, 0] > 0)
        if self._graph.occupations[opportunity.occupation].regulation is not None:
            allowed &= _columns(segment.authorized, column)[:, 0] > 0
        return values, allowed

    def _support(self, segment: _Segment, skills: frozenset[SkillId]) -> Floats:
        if not skills:
            return np.ones(len(segment.workers))
        row = numbering_of(self._graph).row(skills, weighted=True)
        result: Floats = _columns(segment.low, list(row)) @ np.array(list(row.values()))
        return result

    def _nearness(self, segment: _Segment, opportunity: Opportunity) -> Floats:
        alike = self._space.row(opportunity.occupation)
        best = np.zeros(len(segment.workers))
        matrix = segment.practised
        columns = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
        np.maximum.at(best, matrix.indices, matrix.data * alike[columns])
        return best

    def _segment(self, workers: tuple[str, ...], profiles: Sequence[Profile]) -> _Segment:
        skill, number = numbering_of(self._graph).skill, self._space.number
        width, kinds = len(skill), len(self._space.occupations)
        practice = _table([each.practice for each in profiles], number, kinds)
        practice.data = practice.data / (practice.data + PRACTICE_HOURS)
        low = _table([each.low for each in profiles], skill, width)
        np.maximum(low.data, 0.0, out=low.data)
        unwanted = [each.preferences.unwanted & number.keys() for each in profiles]
        return _Segment(
            workers=workers,
            low=low,
            held=_table([each.held for each in profiles], skill, width),
            practised=practice,
            unwanted=_table(unwanted, number, kinds),
            authorized=_table([each.authorized for each in profiles], number, kinds),
            performance=np.array([each.performance for each in profiles]),
            wishes=Wishes.of([each.preferences for each in profiles]),
            alive=np.ones(len(workers), bool),
        )


def judge(graph: SkillGraph, profile: Profile, opportunity: Opportunity) -> Candidate | None:
    """Return how well one worker suits; None when their wishes exclude it, or a licence that they lack."""
    index = WorkerIndex(graph)
    index.put([("", profile)])
    return next(iter(index.rank(opportunity, limit=1)), None)


def _stacked(one: csc_array, two: csc_array) -> csc_array:
    """Return two tables as one: by rows, which are laid one after the other, and not by single entries."""
    return vstack([one.tocsr(), two.tocsr()], format="csr").tocsc()


Name = TypeVar("Name", SkillId, OccupationId)


def _table(rows: Sequence[Collection[Name]], place: Mapping[Name, int], width: int) -> csc_array:
    """Return a table by columns, from each row's names: with their values where a row is a mapping, else with ones."""
    pointers = np.zeros(len(rows) + 1, np.int32)
    np.cumsum([len(row) for row in rows], out=pointers[1:])
    total = int(pointers[-1])
    columns = np.fromiter(map(place.__getitem__, chain.from_iterable(rows)), np.int32, total)
    if any(isinstance(row, Mapping) for row in rows):
        given = chain.from_iterable(row.values() for row in rows if isinstance(row, Mapping))
        values = np.fromiter(given, np.float64, total)
    else:
        values = np.ones(total)
    return csr_array((values, columns, pointers), shape=(len(rows), width)).tocsc()


def _are_merged(large: _Segment, small: _Segment) -> bool:
    rows = len(small.workers)
    return len(large.workers) < GROWTH * rows and len(large.workers) + rows <= LARGEST


def _columns(matrix: csc_array, columns: list[int]) -> Floats:
    """Return some columns as a dense table."""
    table = np.zeros((matrix.shape[0], len(columns)))
    for place, column in enumerate(columns):
        start, end = matrix.indptr[column], matrix.indptr[column + 1]
        table[matrix.indices[start:end], place] = matrix.data[start:end]
    return table
