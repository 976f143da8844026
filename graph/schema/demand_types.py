"""Types of demand: openings that ask for a skill, what is expected, and where training is missing."""

from __future__ import annotations

import asyncio
from functools import lru_cache

import strawberry

from graph.linking.linker import linker_of
from graph.market import demand, forecast
from graph.model import Month, SkillId
from graph.pages import Key
from graph.schema.catalogue_types import Info, Occupation, Skill, skills
from graph.schema.connection import Connection, connection, span
from graph.schema.counting_types import release_of
from graph.schema.filters import DemandFilter, SkillFilter, fitting_skills
from graph.schema.scalars import Money, currency_code, graph_of, money, refusals, services_of
from graph.taxonomy.graph import SkillGraph

MAX_LINKS = 50


@strawberry.type
class DemandMonth:
    """Openings of one month."""

    month: str = strawberry.field(description="`YYYY-MM`.")
    openings: int


@strawberry.type
class ForecastMonth:
    """What is expected for a month to come."""

    month: str = strawberry.field(description="`YYYY-MM`.")
    value: float
    low: float = strawberry.field(description="Bounds of the 80 % interval.")
    high: float


@strawberry.type
class ForecastError:
    """How a method did on the past."""

    method: str
    mean_absolute_error: float


@strawberry.type(description="A forecast, with how it and the naive one did on the past.")
class DemandForecast:
    """A forecast as the schema shows it."""

    method: str
    months: list[ForecastMonth]
    errors: list[ForecastError]
    gain: float = strawberry.field(description="By which share its error is smaller than the naive forecast's.")


@strawberry.type(description="Openings that ask for a skill, month by month.")
class DemandSeries:
    """A series as the schema shows it."""

    skill: Skill
    region: str | None
    months: list[DemandMonth]
    forecast: DemandForecast | None
    simulated: bool


@strawberry.type(description="A skill that openings will ask for, and how little training there is for it.")
class UnmetDemand:
    """A gap as the schema shows it."""

    skill: Skill
    expected: float = strawberry.field(description="Openings a month that are expected to ask for it.")
    programmes: int
    score: float = strawberry.field(description="Expected openings for each programme, were there one more.")
    lacking: int | None = strawberry.field(
        description="Workers near there who lack it, of those who let themselves be counted; null where too few do."
    )


@strawberry.type(description="A programme that does not exist yet, and what it would be worth to open it.")
class Track:
    """A track as the schema shows it."""

    occupation: Occupation
    expected: float = strawberry.field(description="Openings a month that are expected.")
    programmes: int = strawberry.field(description="Programmes that lead there already.")
    untaught: list[Skill] = strawberry.field(description="Skills that one needs there and no programme teaches.")
    pay_per_hour: Money | None = strawberry.field(
        description="The median of what is offered there now, in the one currency that tracks are compared in."
    )
    value: float = strawberry.field(
        description="Expected openings times pay, for each programme that there would be with one more."
    )


@strawberry.type(description="A skill that a text speaks of.")
class SkillLink:
    """A link as the schema shows it."""

    skill: Skill
    confidence: float = strawberry.field(description="From 0 to 1: the share of such links that people agree with.")
    words: list[str] = strawberry.field(description="The words of the text that led to it.")


@lru_cache(maxsize=2)
def demand_of(graph: SkillGraph) -> demand.Demand:
    """Return the demand over a graph. It is counted once a graph."""
    return demand.Demand(graph, graph.market.postings)


async def resolve_demand(
    info: Info, skill: strawberry.ID, region: str | None = strawberry.UNSET, months: int | None = 3
) -> DemandSeries | None:
    """Count the openings that ask for a skill, and forecast."""
    graph, horizon = graph_of(info), 3 if months is None else months
    if SkillId(skill) not in graph.skills:
        return None
    with refusals():
        found = await asyncio.to_thread(
            lambda: demand_of(graph).series(SkillId(skill), region or None, horizon=horizon)
        )
    return None if found is None else _series(graph, found)


async def resolve_demand_list(
    info: Info,
    search: str | None = strawberry.UNSET,
    filter: DemandFilter | None = strawberry.UNSET,
    months: int | None = 3,
    first: int | None = strawberry.UNSET,
    after: str | None = strawberry.UNSET,
    last: int | None = strawberry.UNSET,
    before: str | None = strawberry.UNSET,
) -> Connection[DemandSeries]:
    """List the skills that openings ask for, those that most ask for first; only those shown are forecast."""
    graph, wanted, horizon = graph_of(info), filter or DemandFilter(), 3 if months is None else months
    region, least = wanted.region or None, wanted.min_openings or 1
    with refusals():
        fits = fitting_skills(graph, SkillFilter(knowledge=wanted.knowledge, occupation=wanted.occupation))
        named = {key[2] for key in graph.skill_names.search(search)} if search else None

    def find() -> Connection[DemandSeries]:
        counted = demand_of(graph)
        entries: list[tuple[Key, SkillId]] = [
            ((-openings, skill), skill)
            for skill, openings in counted.asked(region)
            if openings >= least and (named is None or skill in named) and fits(graph.skills[skill])
        ]

        def show(skill: SkillId) -> DemandSeries:
            series = counted.series(skill, region, horizon=horizon)
            assert series is not None  # something asks for it there
            return _series(graph, series)

        return connection(entries, span(first, after, last, before), show)

    with refusals():
        return await asyncio.to_thread(find)


async def resolve_unmet_demand(
    info: Info,
    region: str | None = strawberry.UNSET,
    first: int | None = strawberry.UNSET,
    after: str | None = strawberry.UNSET,
    last: int | None = strawberry.UNSET,
    before: str | None = strawberry.UNSET,
) -> Connection[UnmetDemand]:
    """Rank skills by what is expected to be asked for and is hardly taught."""
    graph = graph_of(info)
    found = await asyncio.to_thread(lambda: demand_of(graph).unmet(region or None, release_of(info)))
    entries: list[tuple[Key, demand.UnmetDemand]] = [((-each.score, each.skill), each) for each in found]
    return connection(entries, span(first, after, last, before), lambda each: _unmet(graph, each))


async def resolve_tracks(
    info: Info,
    region: str | None = strawberry.UNSET,
    currency: str | None = strawberry.UNSET,
    first: int | None = strawberry.UNSET,
    after: str | None = strawberry.UNSET,
    last: int | None = strawberry.UNSET,
    before: str | None = strawberry.UNSET,
) -> Connection[Track]:
    """Rank the tracks that it would pay most to open."""
    graph = graph_of(info)
    with refusals():
        code = currency_code("currency", currency) or None
    found = await asyncio.to_thread(lambda: demand_of(graph).tracks(region or None, code))
    entries: list[tuple[Key, demand.Track]] = [((-each.value, -each.expected, each.occupation), each) for each in found]
    return connection(entries, span(first, after, last, before), lambda each: _track(graph, each))


async def resolve_demand_regions(info: Info) -> list[str]:
    """Name the regions that openings are counted for."""
    graph = graph_of(info)
    return list((await asyncio.to_thread(demand_of, graph)).regions)


async def resolve_skills_in_text(info: Info, text: str, first: int | None = 10) -> list[SkillLink]:
    """Link a text to skills."""
    graph, limit = graph_of(info), min(MAX_LINKS, max(0, 10 if first is None else first))
    linker = services_of(info).linker
    links = await asyncio.to_thread(lambda: (linker or linker_of(graph)).link(text, limit=limit))
    return [
        SkillLink(skill=Skill(node=graph.skills[each.skill]), confidence=each.confidence, words=list(each.words))
        for each in links
    ]


def _series(graph: SkillGraph, series: demand.DemandSeries) -> DemandSeries:
    return DemandSeries(
        skill=Skill(node=graph.skills[series.skill]),
        region=series.region,
        months=[
            DemandMonth(month=str(series.start.after(number)), openings=openings)
            for number, openings in enumerate(series.counts)
        ],
        forecast=None if series.forecast is None else _forecast(series.end, series.forecast),
        simulated=series.simulated,
    )


def _forecast(end: Month, found: forecast.Forecast) -> DemandForecast:
    return DemandForecast(
        method=found.method,
        months=[
            ForecastMonth(month=str(end.after(number)), value=value, low=low, high=high)
            for number, (value, low, high) in enumerate(zip(found.values, found.low, found.high, strict=True), 1)
        ],
        errors=[ForecastError(method=name, mean_absolute_error=error) for name, error in sorted(found.errors.items())],
        gain=found.gain,
    )


def _unmet(graph: SkillGraph, gap: demand.UnmetDemand) -> UnmetDemand:
    return UnmetDemand(
        skill=Skill(node=graph.skills[gap.skill]),
        expected=gap.expected,
        programmes=gap.programmes,
        score=gap.score,
        lacking=gap.lacking,
    )


def _track(graph: SkillGraph, track: demand.Track) -> Track:
    pay = track.pay_per_hour
    return Track(
        occupation=Occupation(node=graph.occupations[track.occupation]),
        expected=track.expected,
        programmes=track.programmes,
        untaught=skills(graph, track.untaught),
        pay_per_hour=None if pay is None or track.currency is None else money(pay, track.currency),
        value=track.value,
    )
