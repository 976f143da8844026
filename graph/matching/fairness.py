"""An audit of rankings: whether groups of workers are shown in proportion. Behind `gigway matching audit`.

Matching reads no attribute of a person; that alone does not make it fair, since skills are unevenly recorded. For the
audit, and only there, somebody who may hold such data names each worker's group. For every opportunity the workers are
ranked; a group's *exposure* is its share of what the first places are worth, place p being worth 1/log2(p + 1).

    ratio = (exposure / share of the pool) / (the same of the group that has most)

A ratio below 0.8 is flagged (the four-fifths rule). *Chance* is the share of `SHUFFLES` in which a group of that size,
drawn from the pool at random, is shown as little: a small group can be shown little by chance alone. Groups of fewer
than `aggregates.K` workers are not told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from graph.counting.aggregates import K
from graph.errors import InvalidArgumentError
from graph.linking.surfaces import Floats
from graph.matching.worker_index import WorkerIndex
from graph.model import Opportunity

FOUR_FIFTHS = 0.8
SHUFFLES = 1_000
TOP = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupExposure:
    """How much a group is shown."""

    group: str
    share_of_pool: float
    exposure: float
    ratio: float
    chance: float
    """How often a group of this size is shown as little when it is drawn at random."""

    @property
    def is_flagged(self) -> bool:
        """Whether the group is shown less than four fifths as much as the one that is shown most."""
        return self.ratio < FOUR_FIFTHS


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The groups, least shown first, and how many workers were left out because their group is too small."""

    groups: tuple[GroupExposure, ...]
    opportunities: int
    left_out: int


def audit(
    index: WorkerIndex, opportunities: Iterable[Opportunity], groups: Mapping[str, str], *, top: int = TOP
) -> Audit:
    """Return how much each group of workers (group by worker) is shown in the first `top` places.

    Workers without a group are ranked with the others but not counted.
    """
    if top < 1:
        raise InvalidArgumentError("An audit looks at one place or more.")
    sizes = Counter(groups.values())
    told = sorted(group for group, size in sizes.items() if size >= K)
    counted = sorted(worker for worker, group in groups.items() if group in told)
    number = {worker: place for place, worker in enumerate(counted)}
    worth: Floats = np.zeros(len(counted))
    asked = 0
    for opportunity in opportunities:
        asked += 1
        for place, candidate in enumerate(index.rank(opportunity, limit=top), 1):
            if candidate.worker in number:
                worth[number[candidate.worker]] += 1 / float(np.log2(place + 1))
    total = float(worth.sum()) or 1.0
    members = {group: np.array([groups[each] == group for each in counted], bool) for group in told}
    shares = {group: sizes[group] / len(counted) for group in told}
    shown = {group: float(worth[members[group]].sum()) / total for group in told}
    best = max((shown[group] / shares[group] for group in told), default=0.0)
    found = [
        GroupExposure(
            group=group,
            share_of_pool=round(shares[group], 4),
            exposure=round(shown[group], 4),
            ratio=round(shown[group] / shares[group] / best, 4) if best else 1.0,
            chance=_chance(worth / total, sizes[group], shown[group]),
        )
        for group in told
    ]
    return Audit(
        groups=tuple(sorted(found, key=lambda each: (each.ratio, each.group))),
        opportunities=asked,
        left_out=len(groups) - len(counted),
    )


def _chance(worth: Floats, size: int, shown: float) -> float:
    """Return how often so many workers, drawn at random, are shown as little. The draws are always the same."""
    dice = np.random.default_rng(0)
    drawn = [float(worth[dice.permutation(len(worth))[:size]].sum()) for _ in range(SHUFFLES)]
    return round(sum(each <= shown + 1e-9 for each in drawn) / SHUFFLES, 3)
