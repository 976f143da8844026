"""What skills are asked for, by region and month; what comes next; what is hardly taught, and which tracks would pay.

Demand is counted from openings, which are public. An opening asks for the skills that its feed names, or else for the
essential skills of its occupation. What workers lack is not known here: a `Supply` may say it, under `aggregates`'
rule, from those who granted `statistics`; where it says nothing, nothing is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from statistics import median
from typing import Protocol

from graph.market.forecast import YEAR, Forecast, forecast
from graph.market.gazetteer import region_of
from graph.model import Month, OccupationId, Posting, SkillId, TrainingId
from graph.pathways.plans import entry_skills
from graph.taxonomy.graph import SkillGraph

HORIZON = 3
LEADS_THERE = 0.25
"""The share of an occupation's skills that a programme teaches which counts as leading to it."""


class Supply(Protocol):
    """What is known of workers, in numbers that tell of nobody."""

    def lacking(self, skill: SkillId, region: str | None) -> int | None:
        """Return how many workers near there lack a skill; None where that is not told."""
        ...


class NothingTold:
    """A supply of which nothing is known. Satisfies `Supply`."""

    def lacking(self, skill: SkillId, region: str | None) -> int | None:
        """Tell nothing."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandSeries:
    """Openings that ask for a skill, month by month without gaps, and what is expected."""

    skill: SkillId
    region: str | None
    start: Month
    counts: tuple[int, ...]
    forecast: Forecast | None
    simulated: bool
    """Whether any of the openings is fictional."""

    @property
    def end(self) -> Month:
        """The last month that is counted."""
        return self.start.after(len(self.counts) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmetDemand:
    """A skill that openings will ask for, and how little training there is for it."""

    skill: SkillId
    expected: float
    """Openings a month that are expected to ask for it."""
    programmes: int
    score: float
    """Expected openings for each programme that there would be with one more."""
    lacking: int | None
    """Workers near there who lack it; None where that is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A programme that does not exist yet: towards one occupation, and what it would be worth to open it."""

    occupation: OccupationId
    expected: float
    """Openings a month that are expected."""
    programmes: int
    """Programmes that lead there already."""
    untaught: frozenset[SkillId]
    """Skills that one needs there and no programme teaches."""
    pay_per_hour: Decimal | None
    """The median of what is offered now; None when nothing is."""
    currency: str | None
    value: float
    """Expected openings times pay, for each programme that there would be with one more."""


Counts = dict[Month, int]


class Demand:
    """Postings, counted by skill. All series end with the last month that has any posting."""

    def __init__(self, graph: SkillGraph, postings: Iterable[Posting]) -> None:
        self._graph = graph
        self._by_occupation: dict[tuple[str, OccupationId], Counts] = defaultdict(lambda: defaultdict(int))
        self._by_skill: dict[tuple[str, SkillId], Counts] = defaultdict(lambda: defaultdict(int))
        self._all: dict[tuple[str, OccupationId], Counts] = defaultdict(lambda: defaultdict(int))
        self._simulated: set[tuple[str, str]] = set()
        for each in postings:
            self._all[each.region, each.occupation][each.month] += each.openings
            if each.asks is None:
                self._by_occupation[each.region, each.occupation][each.month] += each.openings
            for skill in each.asks or ():
                self._by_skill[each.region, skill][each.month] += each.openings
            if each.simulated:
                self._simulated |= {(each.region, name) for name in (each.occupation, *(each.asks or ()))}
        self._unmet: dict[str | None, list[UnmetDemand]] = {}
        self._asked_for: dict[str | None, list[tuple[SkillId, int]]] = {}
        months = [month for counts in self._all.values() for month in counts]
        self.regions = tuple(sorted({region for region, _ in self._all}))
        self._start: Month | None = min(months, default=None)
        self._end: Month | None = max(months, default=None)

    def series(self, skill: SkillId, region: str | None = None, *, horizon: int = HORIZON) -> DemandSeries | None:
        """Return the demand for a skill in a region, or everywhere; None when nothing asks for it there."""
        region = None if region is None else region_of(region)
        found = self._asking(skill, region)
        counts = self._counted(by_month for _, by_month in found)
        if counts is None or self._start is None:
            return None
        return DemandSeries(
            skill=skill,
            region=region,
            start=self._start,
            counts=counts,
            forecast=_forecast(counts, horizon),
            simulated=any(place in self._simulated for place, _ in found),
        )

    def asked(self, region: str | None = None) -> Sequence[tuple[SkillId, int]]:
        """Return the skills that openings of the last year ask for, in a region or everywhere, with how many do.

        Those that most ask for come first.
        """
        where = None if region is None else region_of(region)
        if where not in self._asked_for:
            if where is not None and where not in self.regions:
                return []
            found = []
            for skill in self._named():
                counts = self._counted(by_month for _, by_month in self._asking(skill, where))
                if counts is not None and any(counts[-YEAR:]):
                    found.append((skill, sum(counts[-YEAR:])))
            self._asked_for[where] = sorted(found, key=lambda each: (-each[1], each[0]))
        return self._asked_for[where]

    def _asking(self, skill: SkillId, region: str | None) -> list[tuple[tuple[str, str], Counts]]:
        """Return what is counted for a skill: openings that name it, and openings in occupations that need it."""
        asking = {each for each in self._graph.occupations_with(skill) if skill in self._graph.essential(each)}
        return [
            (place, by_month)
            for place, by_month in (*self._by_occupation.items(), *self._by_skill.items())
            if (place[1] == skill or place[1] in asking) and region in (None, place[0])
        ]

    def unmet(self, region: str | None = None, supply: Supply | None = None) -> Sequence[UnmetDemand]:
        """Return the skills that openings will ask for, those with the least training for it first.

        What a new programme is worth: the openings expected to ask for what it teaches, shared among the programmes.
        """
        known = supply or NothingTold()
        where = None if region is None else region_of(region)
        if where not in self._unmet:
            if where is not None and where not in self.regions:
                return []
            self._unmet[where] = sorted(self._gaps(where), key=lambda each: (-each.score, each.skill))
        return [replace(each, lacking=known.lacking(each.skill, where)) for each in self._unmet[where]]

    def _gaps(self, region: str | None) -> Iterator[UnmetDemand]:
        for skill in self._named():
            series = self.series(skill, region)
            if series is None or series.forecast is None:
                continue
            expected = _mean(series.forecast)
            programmes = len(self._graph.training_for(skill))
            yield UnmetDemand(
                skill=skill,
                expected=round(expected, 2),
                programmes=programmes,
                score=round(expected / (1 + programmes), 4),
                lacking=None,
            )

    def tracks(self, region: str | None = None, currency: str | None = None) -> Sequence[Track]:
        """Return the tracks that it would pay most to open, best first: expected openings times what they pay.

        They are compared in one currency, by default the one that most open work there is paid in. What is paid in
        others is not converted: a track of whose pay nothing is known in it comes after all others.
        """
        region = None if region is None else region_of(region)
        pay, leading = self._pay(region, currency), self._leading()
        found = []
        for occupation in sorted({each for _, each in self._all}):
            counts = self._counted(
                by_month
                for (where, each), by_month in self._all.items()
                if each == occupation and region in (None, where)
            )
            expected = None if counts is None else _forecast(counts, HORIZON)
            if expected is None or occupation not in self._graph.occupations:
                continue
            amount, currency = pay.get(occupation, (None, None))
            programmes = leading.get(occupation, 0)
            openings = _mean(expected)
            found.append(
                Track(
                    occupation=occupation,
                    expected=round(openings, 2),
                    programmes=programmes,
                    untaught=frozenset(
                        each for each in entry_skills(self._graph, occupation) if not self._graph.training_for(each)
                    ),
                    pay_per_hour=amount,
                    currency=currency,
                    value=round(openings * float(amount or 0) / (1 + programmes), 2),
                )
            )
        return sorted(found, key=lambda each: (-each.value, -each.expected, each.occupation))

    def _counted(self, parts: Iterable[Mapping[Month, int]]) -> tuple[int, ...] | None:
        total: Counts = defaultdict(int)
        for by_month in parts:
            for month, openings in by_month.items():
                total[month] += openings
        if not total or self._start is None or self._end is None:
            return None
        return tuple(total.get(self._start.after(n), 0) for n in range(self._start.until(self._end) + 1))

    def _pay(self, region: str | None, wanted: str | None) -> Mapping[OccupationId, tuple[Decimal, str]]:
        """Return the median pay of what is offered, in one currency."""
        offered: dict[str, dict[OccupationId, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
        for each in self._graph.opportunities.values():
            if region is None or each.remote or region_of(each.place or "") == region:
                offered[each.pay.currency][each.occupation].append(each.pay.per_hour)
        if not offered:
            return {}
        currency = wanted or max(offered, key=lambda each: (sum(map(len, offered[each].values())), each))
        return {
            occupation: (median(found).quantize(Decimal("0.01")), currency)
            for occupation, found in offered.get(currency, {}).items()
        }

    def _leading(self) -> Mapping[OccupationId, int]:
        """Return how many programmes lead to each occupation that openings are for."""
        found = {}
        for occupation in {each for _, each in self._all} & self._graph.occupations.keys():
            needed = entry_skills(self._graph, occupation)
            programmes: dict[TrainingId, int] = defaultdict(int)
            for skill in needed:
                for programme in self._graph.training_for(skill):
                    programmes[programme] += 1
            found[occupation] = sum(
                count >= LEADS_THERE * len(needed) or occupation in self._graph.training[programme].licenses
                for programme, count in programmes.items()
            )
        return found

    def _named(self) -> Iterator[SkillId]:
        occupations = {occupation for _, occupation in self._by_occupation}
        named = {skill for _, skill in self._by_skill}
        yield from sorted(named.union(*(self._graph.essential(each) for each in occupations)))


def _mean(found: Forecast) -> float:
    return sum(found.values) / len(found.values)


@lru_cache(maxsize=4_096)
def _forecast(counts: tuple[int, ...], horizon: int) -> Forecast | None:
    """Return a forecast; skills that the same occupations ask for share one."""
    return forecast(counts, horizon)
