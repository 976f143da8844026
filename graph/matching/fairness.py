"""An audit of rankings: whether groups of workers are shown in proportion. Behind `gigway matching audit`.

Matching reads no attribute of a person; that alone does not make it fair, since skills are unevenly recorded. For the
audit, and only there, somebody who may hold such data names each worker's group. For every opportunity the workers are
ranked; a group's *exposure* is its share of what the first places are worth, place p being worth 1/log2(p + 1).

    ratio = (exposure / share of the pool) / (the same of the group that has most)

A ratio below 0.8 is flagged (the four-fifths rule). Groups of fewer than `aggregates.K` workers are not told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from graph.counting.aggregates import K
from graph.errors import InvalidArgumentError
from graph.matching.worker_index import WorkerIndex
from graph.model import Opportunity

FOUR_FIFTHS = 0.8
TOP = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupExposure:
    """How much a group is shown."""

    group: str
    share_of_pool: float
    exposure: float
    ratio: float

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
    told = {group for group, size in sizes.items() if size >= K}
    pool = sum(sizes[group] for group in told)
    worth: dict[str, float] = defaultdict(float)
    asked = 0
    for opportunity in opportunities:
        asked += 1
        for place, candidate in enumerate(index.rank(opportunity, limit=top), 1):
            group = groups.get(candidate.worker)
            if group in told:
                worth[group] += 1 / float(np.log2(place + 1))
    total = sum(worth.values())
    shares = {group: sizes[group] / pool for group in told}
    shown = {group: worth[group] / total if total else 0.0 for group in told}
    best = max((shown[group] / shares[group] for group in told), default=0.0)
    found = [
        GroupExposure(
            group=group,
            share_of_pool=round(shares[group], 4),
            exposure=round(shown[group], 4),
            ratio=round(shown[group] / shares[group] / best, 4) if best else 1.0,
        )
        for group in told
    ]
    return Audit(
        groups=tuple(sorted(found, key=lambda each: (each.ratio, each.group))),
        opportunities=asked,
        left_out=len(groups) - pool,
    )
