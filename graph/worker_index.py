"""Workers who want to be found, as one sparse matrix: 100,000 of them ranked for an opportunity in milliseconds.

It holds what `matching` was granted for and nothing else: a `Profile` and an opaque key for each worker. The scores are
those of `matching`, from the other side. Taking a worker out takes them out of the next ranking, whatever is rebuilt
when; rebuilding is lazy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array  # type: ignore[import-untyped]

from graph.linking.surfaces import Floats
from graph.matching import PRACTICE_HOURS, REACH_HOURS, WEIGHTS, Feature, Profile, numbering_of, rows_of
from graph.model import Opportunity, SkillId
from graph.similarity import space_of
from graph.taxonomy import SkillGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A worker and how well they suit an opportunity."""

    worker: str
    score: float
    features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matrices:
    """All profiles, by columns of skills; practice by worker."""

    workers: tuple[str, ...]
    low: csc_array
    held: csc_array
    practised: csc_array
    """Workers × occupations; the share by which an occupation counts."""


class WorkerIndex:
    """The workers who can be found."""

    def __init__(self, graph: SkillGraph) -> None:
        self._graph = graph
        self._numbering = numbering_of(graph)
        self._space = space_of(graph)
        self._profiles: dict[str, Profile] = {}
        self._built: _Matrices | None = None

    def __len__(self) -> int:
        return len(self._profiles)

    def put(self, profiles: Iterable[tuple[str, Profile]]) -> None:
        """Add workers, or replace what is known of them."""
        self._profiles.update(profiles)
        self._built = None

    def remove(self, worker: str) -> None:
        """Forget a worker."""
        self._profiles.pop(worker, None)
        self._built = None

    def build(self) -> None:
        """Make the matrices now, not at the next ranking."""
        workers = tuple(sorted(self._profiles))
        profiles = [self._profiles[each] for each in workers]
        skill, width = self._numbering.skill, len(self._numbering.skill)
        self._built = _Matrices(
            workers=workers,
            low=rows_of([{skill[s]: max(0.0, v) for s, v in each.low.items()} for each in profiles], width).tocsc(),
            held=rows_of([{skill[s]: 1.0 for s in each.held} for each in profiles], width).tocsc(),
            practised=rows_of(
                [
                    {self._space.number[o]: hours / (hours + PRACTICE_HOURS) for o, hours in each.practice.items()}
                    for each in profiles
                ],
                len(self._space.occupations),
            ).tocsc(),
        )

    def rank(self, opportunity: Opportunity, *, limit: int) -> list[Candidate]:
        """Return the workers who suit best, best first; equal ones by key."""
        if self._built is None:
            self.build()
        built = self._built
        assert built is not None
        if not built.workers:
            return []
        required = sorted(self._numbering.skill[each] for each in opportunity.required)
        held = _columns(built.held, required)
        ones = np.ones(len(built.workers))
        values = {
            "required_skills": self._support(built, opportunity.required),
            "required_held": held.mean(axis=1) if required else ones,
            "preferred_skills": self._support(built, opportunity.preferred),
            "within_reach": np.exp(-((1 - held) @ self._numbering.hours[required]) / REACH_HOURS),
            "occupation": self._nearness(built, opportunity),
        }
        rounded = {name: np.round(value, 4) for name, value in values.items()}
        scores = np.round(sum(np.round(value * WEIGHTS[name], 6) for name, value in rounded.items()), 6)
        count = min(limit, len(scores))
        if count <= 0:
            return []
        least = np.partition(scores, len(scores) - count)[len(scores) - count]
        places = np.flatnonzero(scores >= least)
        best = places[np.lexsort((places, -scores[places]))][:count]
        return [
            Candidate(
                worker=built.workers[place],
                score=float(scores[place]),
                features=tuple(
                    Feature(name=name, value=float(rounded[name][place]), weight=WEIGHTS[name]) for name in WEIGHTS
                ),
            )
            for place in best
        ]

    def _support(self, built: _Matrices, skills: frozenset[SkillId]) -> Floats:
        if not skills:
            return np.ones(len(built.workers))
        row = self._numbering.row(skills, weighted=True)
        result: Floats = _columns(built.low, list(row)) @ np.array(list(row.values()))
        return result

    def _nearness(self, built: _Matrices, opportunity: Opportunity) -> Floats:
        alike = self._space.row(opportunity.occupation)
        best = np.zeros(len(built.workers))
        matrix = built.practised
        columns = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
        np.maximum.at(best, matrix.indices, matrix.data * alike[columns])
        return best


def _columns(matrix: csc_array, columns: list[int]) -> Floats:
    """Return some columns as a dense table."""
    table = np.zeros((matrix.shape[0], len(columns)))
    for place, column in enumerate(columns):
        start, end = matrix.indptr[column], matrix.indptr[column + 1]
        table[matrix.indices[start:end], place] = matrix.data[start:end]
    return table
