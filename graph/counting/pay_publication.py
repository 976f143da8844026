"""The rule by which it is told what workers earn an hour. Pure, but for the dice that are handed in.

A *cell* is one skill in one currency, in one region or in the whole. As in `publication`, a cell's numbers are made
anew only when at least T of its people have joined, left or changed what they earn since they were made, and else
carried over as they are; T is drawn anew each time from K … 2K−1 and told to nobody, and so is the number of people
from which a cell is told for the first time. Told are the quarters, each a mean of the pay around it, so that it is
nobody's own, to two digits; and of how many people, rounded at random to a multiple of 5, once.

Unlike counts of a region, which are made at one time of the same people, cells overlap: who drives has all the skills
of driving, and everybody is in the whole. So numbers are made anew of people who differ by K at the least from those
behind *every* other number that is told of the same region, or, where the whole is one of the two, anywhere, and that
has been told in the release before: a cell whose people differ by fewer from those behind a number shows that number.
In the whole are the people of the regions whose own cell has numbers, and nobody else, so that what is left when
regions are taken from it is regions of K or more; those whose place is not known are a region like any other there,
of which nothing is told. A region that comes in does not make the whole new: T of the people of those regions must
have changed that were in it before.

What differs is reckoned from who is there now, since when and with which pay; of people who have left nothing is kept.
Whatever is not certain counts as the same: who renews a grant or comes back is nobody new. A change that is undone
counts as a change.

What somebody can learn who reads every release: at each change of a number, that between K and 2K−1 people or more
have come, gone or changed, not who, and not in which direction any one of them; from two numbers that are told at one
time, the difference of groups that differ by K or more. Not reckoned with are numbers of releases long past, and
changes that were undone: people may have come and gone again, or earned more and then as before, between two numbers,
so that the same people but one stand behind both; then the two digits and the mean around each quarter stand between.
Somebody who is counted for two actors is in the numbers of both, which know nothing of each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import NamedTuple

from graph.counting.aggregates import K, quarter_of, two_digits
from graph.counting.contribution import UNKNOWN
from graph.counting.counted import Counted
from graph.counting.publication import rounded, threshold
from graph.model import SkillId

WHOLE = ""
"""The region of cells over all regions."""


class PayKey(NamedTuple):
    """What a cell is about. A region's cells come before the whole's when they are made."""

    region: str
    currency: str
    skill: SkillId


@dataclass(frozen=True, slots=True, kw_only=True)
class PayQuarters:
    """What is told: a quarter earn less than `lower` an hour, half less than `middle`; `workers` is rounded."""

    lower: Decimal
    middle: Decimal
    upper: Decimal
    workers: int


class Source(NamedTuple):
    """Whose pay numbers were made of: the people of a cell in a release, and how many they were."""

    key: PayKey
    made_in: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayCell:
    """A cell in a release. `quarters` is told, or nothing is; the rest is not.

    `made_in` is the release in which it was last made anew, `people` how many there were then, by region; `source` says
    whose numbers are shown.
    """

    quarters: PayQuarters | None = None
    source: Source | None = None
    made_in: int | None = None
    people: Mapping[str, int] = field(default_factory=dict)
    threshold: int


Person = tuple[str, Decimal]
"""Somebody with what they earn: the same person with other pay is another."""


class _Present:
    """Who is there now: for each cell the people of each region, with since when they are there as they are."""

    def __init__(self, counted: Mapping[str, Counted]) -> None:
        self._cells: dict[tuple[str, SkillId], dict[str, dict[Person, int]]] = {}
        for name, each in sorted(counted.items()):
            for key, rate in (each.contribution.pay or {}).items():
                by_region = self._cells.setdefault(key, {})
                by_region.setdefault(each.contribution.region, {})[name, rate] = each.paid_since[key]
        self._stayed: dict[Source, frozenset[Person]] = {}

    def keys(self) -> Iterable[PayKey]:
        """Return the cells that there would be."""
        for (currency, skill), by_region in self._cells.items():
            yield PayKey(WHOLE, currency, skill)
            for region in by_region:
                yield PayKey(region, currency, skill)

    def people(self, key: PayKey) -> Mapping[str, Mapping[Person, int]]:
        """Return the people of a cell by region."""
        by_region = self._cells.get((key.currency, key.skill), {})
        if key.region == WHOLE:
            return by_region
        return {key.region: by_region.get(key.region, {})}

    def stayed(self, source: Source) -> frozenset[Person]:
        """Return those behind a number who are still there with the same pay, perhaps some too many, none too few."""
        if source not in self._stayed:
            self._stayed[source] = frozenset(
                person
                for people in self.people(source.key).values()
                for person, since in people.items()
                if since <= source.made_in
            )
        return self._stayed[source]


def publish_pay(
    number: int, counted: Mapping[str, Counted], before: Mapping[PayKey, PayCell], dice: Random
) -> dict[PayKey, PayCell]:
    """Return the cells of release `number`, from what is counted (by grant) and the cells of the release before."""
    present = _Present(counted)
    told = {cell.source: cell.quarters for cell in before.values() if cell.source is not None}
    made: dict[PayKey, PayCell] = {}
    for key in sorted({*present.keys(), *before}, key=lambda each: (each.region == WHOLE, each)):
        people = present.people(key)
        if key.region == WHOLE:
            people = {r: each for r, each in people.items() if _has_numbers(made.get(key._replace(region=r)))}
        cell = before.get(key) or PayCell(threshold=threshold(dice))
        if _changed(cell, people) >= cell.threshold:
            cell = _made_anew(number, key, people, present, told, dice)
            if cell.source is not None:
                told[cell.source] = cell.quarters
        elif cell.made_in is None and not any(people.values()):
            continue
        made[key] = cell
    return made


def told_pay(cells: Mapping[PayKey, PayCell], region: str | None, currency: str, skill: SkillId) -> PayQuarters | None:
    """Return what is told of a skill in a currency, in a region or the whole."""
    if region == UNKNOWN:
        return None
    cell = cells.get(PayKey(region or WHOLE, currency, skill))
    return None if cell is None else cell.quarters


def _has_numbers(cell: PayCell | None) -> bool:
    return cell is not None and cell.quarters is not None


def _changed(cell: PayCell, people: Mapping[str, Mapping[Person, int]]) -> int:
    """Return how many people at the least have come, gone or changed since a cell was made."""
    if cell.made_in is None:
        return sum(map(len, people.values()))
    changed = 0
    for region, before in cell.people.items():
        now = people.get(region, {})
        stayed = sum(since <= cell.made_in for since in now.values())
        # Who has changed has both gone and come, and is one person: the larger number is certain.
        changed += max(before, len(now)) - stayed
    # Where nobody was, whoever is there now has come.
    return changed if cell.people else sum(map(len, people.values()))


def _made_anew(
    number: int,
    key: PayKey,
    people: Mapping[str, Mapping[Person, int]],
    present: _Present,
    told: Mapping[Source, PayQuarters | None],
    dice: Random,
) -> PayCell:
    everyone = frozenset(person for each in people.values() for person in each)
    by_region = {region: len(each) for region, each in sorted(people.items()) if each}
    drawn = threshold(dice)
    if len(everyone) < K:
        return PayCell(made_in=number, people=by_region, threshold=drawn)
    source = _too_near(key, everyone, present, told)
    if source is None:
        source = Source(key, number, len(everyone))
        quarters: PayQuarters | None = _quarters(everyone, dice)
    else:
        quarters = told[source]
    return PayCell(quarters=quarters, source=source, made_in=number, people=by_region, threshold=drawn)


def _too_near(key: PayKey, everyone: frozenset[Person], present: _Present, told: Iterable[Source]) -> Source | None:
    """Return whose numbers are told of people who differ from these by fewer than `K`; None if nobody's are."""
    nearest: tuple[int, Source] | None = None
    for source in told:
        other = source.key
        is_near = key.region in (other.region, WHOLE) or other.region == WHOLE
        if other.currency != key.currency or not is_near or abs(source.people - len(everyone)) >= K:
            continue
        distance = max(source.people, len(everyone)) - len(everyone & present.stayed(source))
        if distance < K and (nearest is None or (distance, source) < nearest):
            nearest = (distance, source)
    return None if nearest is None else nearest[1]


def _quarters(everyone: Iterable[Person], dice: Random) -> PayQuarters:
    ordered = sorted(rate for _, rate in everyone)
    lower, middle, upper = (two_digits(quarter_of(ordered, quarter)) for quarter in (1, 2, 3))
    return PayQuarters(lower=lower, middle=middle, upper=upper, workers=rounded(len(ordered), dice))
