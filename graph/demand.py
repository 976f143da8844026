"""What skills are asked for, by region and month; what comes next; which skills lack programmes.

Demand is counted from openings, which are public. An opening asks for the essential skills of its occupation.
What workers lack is counted elsewhere, from those who granted `statistics`, under `aggregates`' rule.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from io import StringIO

from graph.builtin import load_builtin
from graph.errors import InvalidArgumentError
from graph.esco import concept_id
from graph.forecast import Forecast, forecast
from graph.model import OccupationId, SkillId
from graph.taxonomy import SkillGraph

HORIZON = 3


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Month:
    """A month of a year."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read `YYYY-MM`. Raises `InvalidArgumentError`."""
        year, _, month = text.partition("-")
        if not (year.isdigit() and month.isdigit() and len(text) == 7 and 1 <= int(month) <= 12):
            raise InvalidArgumentError(f"{text[:20]!r} is no month; write YYYY-MM.")
        return cls(year=int(year), month=int(month))

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    def after(self, months: int) -> Month:
        """Return the month so many later."""
        number = self.year * 12 + self.month - 1 + months
        return Month(year=number // 12, month=number % 12 + 1)

    def until(self, other: Month) -> int:
        """Return how many months later another is."""
        return (other.year - self.year) * 12 + other.month - self.month


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Openings for one occupation in one region and month."""

    month: Month
    region: str
    occupation: OccupationId
    openings: int
    simulated: bool


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


class Demand:
    """Postings, counted by skill. All series end with the last month that has any posting."""

    def __init__(self, graph: SkillGraph, postings: Iterable[Posting]) -> None:
        self._graph = graph
        self._by_occupation: dict[tuple[str, OccupationId], dict[Month, int]] = defaultdict(lambda: defaultdict(int))
        self._simulated: set[tuple[str, OccupationId]] = set()
        for each in postings:
            self._by_occupation[each.region, each.occupation][each.month] += each.openings
            if each.simulated:
                self._simulated.add((each.region, each.occupation))
        months = [month for counts in self._by_occupation.values() for month in counts]
        self.regions = tuple(sorted({region for region, _ in self._by_occupation}))
        self._start: Month | None = min(months, default=None)
        self._end: Month | None = max(months, default=None)

    def series(self, skill: SkillId, region: str | None = None, *, horizon: int = HORIZON) -> DemandSeries | None:
        """Return the demand for a skill in a region, or everywhere; None when nothing asks for it there."""
        asking = {each for each in self._graph.occupations_with(skill) if skill in self._graph.essential(each)}
        counted: dict[Month, int] = defaultdict(int)
        simulated = False
        for (where, occupation), by_month in self._by_occupation.items():
            if occupation in asking and region in (None, where):
                simulated = simulated or (where, occupation) in self._simulated
                for month, openings in by_month.items():
                    counted[month] += openings
        if not counted or self._start is None or self._end is None:
            return None
        counts = tuple(counted.get(self._start.after(n), 0) for n in range(self._start.until(self._end) + 1))
        return DemandSeries(
            skill=skill,
            region=region,
            start=self._start,
            counts=counts,
            forecast=_forecast(counts, horizon),
            simulated=simulated,
        )

    def unmet(self, region: str | None = None) -> Sequence[UnmetDemand]:
        """Return the skills that openings will ask for, those with the least training for it first.

        What a new programme is worth: the openings expected to ask for what it teaches, shared among the programmes.
        """
        found = []
        for skill in self._asked():
            series = self.series(skill, region)
            if series is None or series.forecast is None:
                continue
            expected = sum(series.forecast.values) / len(series.forecast.values)
            programmes = len(self._graph.training_for(skill))
            score = round(expected / (1 + programmes), 4)
            found.append(UnmetDemand(skill=skill, expected=round(expected, 2), programmes=programmes, score=score))
        return sorted(found, key=lambda each: (-each.score, each.skill))

    def _asked(self) -> Iterator[SkillId]:
        occupations = {occupation for _, occupation in self._by_occupation}
        yield from sorted({skill for each in occupations for skill in self._graph.essential(each)})


@lru_cache(maxsize=4_096)
def _forecast(counts: tuple[int, ...], horizon: int) -> Forecast | None:
    """Return a forecast; skills that the same occupations ask for share one."""
    return forecast(counts, horizon)


@cache
def load_postings() -> tuple[Posting, ...]:
    """Return the built-in postings: fictional, of three years."""
    text = (files("graph.data") / "market" / "postings.csv").read_text(encoding="utf-8")
    return tuple(_posting(row) for row in csv.DictReader(StringIO(text, newline="")))


@cache
def load_demand() -> Demand:
    """Return the demand of the built-in postings over the built-in taxonomy."""
    return Demand(load_builtin(), load_postings())


def _posting(row: Mapping[str, str]) -> Posting:
    return Posting(
        month=Month.parse(row["month"]),
        region=row["region"],
        occupation=OccupationId(concept_id(row["occupation"])),
        openings=int(row["openings"]),
        simulated=True,
    )
