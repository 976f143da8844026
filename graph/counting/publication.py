"""The rule by which numbers about workers are told. Pure, but for the dice that are handed in.

A release is made once a month and never changes, so within a month nobody's joining or leaving shows. From one release
to the next a region's numbers are made anew only when at least T of its contributors have joined, left or changed since
they were made; otherwise they are carried over as they are. T is drawn anew each time from K … 2K−1 and told to nobody,
and so is the number of contributors from which a region is told for the first time. Hence

* an answer that differs from the one before differs by K people at the least, so that one person has come or gone is
  told by no such pair; between answers that are further apart (K may have gone and come back) the rounding stands;
* that a region appears says that it has reached a number between K and 2K−1, not that it has reached K.

Of a skill it is told how many of how many lack it, if at least K do and at least K do not; both numbers are rounded at
random to a multiple of 5, up or down so that they are right on average, once, when they are made. The whole is the sum
of the regions as told, so that nothing can be found by subtracting; there are no other filters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from graph.counting.aggregates import STEP, K
from graph.counting.contribution import UNKNOWN
from graph.counting.counted import Counted
from graph.model import SkillId


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How many of how many lack a skill, rounded."""

    lacking: int
    workers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A region in a release. `cells` is told; the rest is not: how many there were when, and what is waited for."""

    cells: Mapping[SkillId, Cell]
    contributors: int
    made_in: int | None
    """The release in which the numbers were made; None when none have been told yet."""
    threshold: int


def publish(
    number: int, contributions: Mapping[str, Counted], before: Mapping[str, Region], dice: Random
) -> dict[str, Region]:
    """Return the regions of release `number`, from what is counted (by grant) and the release before."""
    found: dict[str, list[Counted]] = {}
    for _, each in sorted(contributions.items()):
        found.setdefault(each.contribution.region, []).append(each)
    return {
        name: _region(number, found.get(name, []), before.get(name), dice)
        for name in sorted(found.keys() | before.keys())
    }


def whole(regions: Mapping[str, Region]) -> dict[SkillId, Cell]:
    """Return the sums over all regions of what is told in each."""
    sums: dict[SkillId, Cell] = {}
    for region in regions.values():
        for skill, cell in region.cells.items():
            known = sums.get(skill, Cell(lacking=0, workers=0))
            sums[skill] = Cell(lacking=known.lacking + cell.lacking, workers=known.workers + cell.workers)
    return sums


def told(regions: Mapping[str, Region], region: str | None) -> Mapping[SkillId, Cell]:
    """Return the numbers of one region, or of the whole."""
    if region is None:
        return whole(regions)
    found = regions.get(region)
    return {} if found is None or region == UNKNOWN else found.cells


def _region(number: int, present: list[Counted], before: Region | None, dice: Random) -> Region:
    if before is None:
        before = Region(cells={}, contributors=0, made_in=None, threshold=threshold(dice))
    made_in = before.made_in
    if made_in is None:
        changed = len(present)
    else:
        stayed = sum(each.since <= made_in for each in present)
        # Who has changed has both gone and come, and is one person: the larger number is certain.
        changed = max(before.contributors, len(present)) - stayed
    if changed < before.threshold:
        return before
    return Region(cells=_cells(present, dice), contributors=len(present), made_in=number, threshold=threshold(dice))


def _cells(present: list[Counted], dice: Random) -> dict[SkillId, Cell]:
    total, counts = len(present), Counter(skill for each in present for skill in each.contribution.lacking)
    workers = rounded(total, dice)
    return {
        skill: Cell(lacking=rounded(count, dice), workers=workers)
        for skill, count in sorted(counts.items())
        if count >= K and total - count >= K
    }


def threshold(dice: Random) -> int:
    """Draw how many must have come, gone or changed before numbers are made anew."""
    return K + dice.randrange(K)


def rounded(count: int, dice: Random) -> int:
    """Round to a multiple of `STEP`, up as often as the rest is large: right on average, and certain of nothing."""
    low, rest = count - count % STEP, count % STEP
    return low + (STEP if dice.randrange(STEP) < rest else 0)
