"""Filters of lists: what they may say, and what fits them. What is left out or null asks for nothing."""

from __future__ import annotations

from collections.abc import Callable

import strawberry

from graph import model
from graph.errors import InvalidArgumentError
from graph.model import OccupationId, SkillId, TrainingMode
from graph.schema.scalars import Decimal, currency_code, language_code
from graph.taxonomy.graph import SkillGraph
from graph.taxonomy.names import fold

ZONES = range(1, 6)
MAX_ISCO = 4


@strawberry.input(description="An amount in one currency; what is in another currency does not fit.")
class AmountLimit:
    """A limit on money."""

    amount: Decimal
    currency: str


@strawberry.input(description="All that is given must fit.")
class SkillFilter:
    """Which skills are asked for."""

    knowledge: bool | None = strawberry.UNSET
    occupation: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Essential or optional.")


@strawberry.input(description="All that is given must fit.")
class OccupationFilter:
    """Which occupations are asked for."""

    isco: str | None = strawberry.field(default=strawberry.UNSET, description="How its ISCO-08 code begins.")
    max_job_zone: int | None = strawberry.field(
        default=strawberry.UNSET, description="From 1 to 5; an occupation whose zone is not known fits."
    )
    regulated: bool | None = strawberry.UNSET
    skill: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Essential to it.")


@strawberry.input(description="All that is given must fit.")
class TrainingFilter:
    """Which programmes are asked for."""

    provider: strawberry.ID | None = strawberry.UNSET
    mode: TrainingMode | None = strawberry.UNSET
    place: str | None = strawberry.field(default=strawberry.UNSET, description="Attended there, or online.")
    language: str | None = strawberry.field(
        default=strawberry.UNSET, description="Taught in it (ISO 639-1), or not said."
    )
    max_hours: int | None = strawberry.UNSET
    max_cost: AmountLimit | None = strawberry.UNSET
    licenses: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="An occupation.")
    staffs: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="An occupation.")
    simulated: bool | None = strawberry.UNSET


@strawberry.input(description="All that is given must fit.")
class OpportunityFilter:
    """Which opportunities are asked for."""

    skill: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Required.")
    place: str | None = strawberry.field(default=strawberry.UNSET, description="There, or from elsewhere.")
    remote: bool | None = strawberry.UNSET
    language: str | None = strawberry.field(
        default=strawberry.UNSET, description="It takes no other language (ISO 639-1)."
    )
    min_pay_per_hour: AmountLimit | None = strawberry.field(
        default=strawberry.UNSET, description="The middle of the range, for an hour of full-time work."
    )
    max_job_zone: int | None = strawberry.field(
        default=strawberry.UNSET, description="From 1 to 5; work whose zone is not known fits."
    )
    simulated: bool | None = strawberry.UNSET


@strawberry.input(description="All that is given must fit.")
class DemandFilter:
    """Which skills that openings ask for are asked for."""

    region: str | None = strawberry.field(
        default=strawberry.UNSET, description="One of `demandRegions`, or a city in one; everywhere if not given."
    )
    min_openings: int | None = strawberry.field(
        default=strawberry.UNSET, description="Openings of the last twelve months that ask for the skill."
    )
    knowledge: bool | None = strawberry.UNSET
    occupation: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Essential or optional.")


def fitting_skills(graph: SkillGraph, wanted: SkillFilter) -> Callable[[model.Skill], bool]:
    """Return what tells whether a skill fits."""
    own = None
    if wanted.occupation:
        occupation = OccupationId(wanted.occupation)
        own = graph.essential(occupation) | graph.optional(occupation)
    return lambda node: _is(wanted.knowledge, node.is_knowledge) and (own is None or node.id in own)


def fitting_occupations(graph: SkillGraph, wanted: OccupationFilter) -> Callable[[model.Occupation], bool]:
    """Return what tells whether an occupation fits. Raises `InvalidArgumentError` for a filter that cannot be."""
    zone, isco = _zone(wanted.max_job_zone), wanted.isco or ""
    if isco and not (isco.isascii() and isco.isdigit() and len(isco) <= MAX_ISCO):
        raise InvalidArgumentError(f"isco is the beginning of an ISCO-08 code: 1 to {MAX_ISCO} digits.")
    return lambda node: (
        _is(wanted.regulated, node.regulation is not None)
        and node.isco.startswith(isco)
        and (not wanted.skill or SkillId(wanted.skill) in graph.essential(node.id))
        and (zone is None or (node.job_zone or 0) <= zone)
    )


def fitting_training(wanted: TrainingFilter) -> Callable[[model.Training], bool]:
    """Return what tells whether a programme fits. Raises `InvalidArgumentError` for a filter that cannot be."""
    cost, language = _amount("maxCost", wanted.max_cost), language_code("language", wanted.language)
    hours = wanted.max_hours if isinstance(wanted.max_hours, int) else None
    if hours is not None and hours < 0:
        raise InvalidArgumentError("maxHours must be 0 or more.")
    return lambda node: (
        _is(wanted.simulated, node.provider.simulated)
        and (not wanted.provider or node.provider.id == wanted.provider)
        and (not wanted.mode or node.mode is wanted.mode)
        and (not wanted.place or node.mode is TrainingMode.ONLINE or fold(node.place or "") == fold(wanted.place))
        and (language is None or not node.languages or language in node.languages)
        and (hours is None or node.hours <= hours)
        and (cost is None or (node.currency == cost.currency and node.cost <= cost.amount))
        and (not wanted.licenses or OccupationId(wanted.licenses) in node.licenses)
        and (not wanted.staffs or OccupationId(wanted.staffs) in node.staffs)
    )


def fitting_opportunities(graph: SkillGraph, wanted: OpportunityFilter) -> Callable[[model.Opportunity], bool]:
    """Return what tells whether an opportunity fits. Raises `InvalidArgumentError` for a filter that cannot be."""
    least, language = _amount("minPayPerHour", wanted.min_pay_per_hour), language_code("language", wanted.language)
    zone = _zone(wanted.max_job_zone)
    return lambda node: (
        _is(wanted.simulated, node.simulated)
        and _is(wanted.remote, node.remote)
        and (not wanted.skill or SkillId(wanted.skill) in node.required)
        and (not wanted.place or node.remote or fold(node.place or "") == fold(wanted.place))
        and (language is None or node.languages <= {language})
        and (least is None or (node.pay.currency == least.currency and node.pay.per_hour >= least.amount))
        and (zone is None or (graph.occupations[node.occupation].job_zone or 0) <= zone)
    )


def _is(wanted: object, value: bool) -> bool:
    """Whether a yes-or-no that is asked for holds; anything holds where nothing is asked for."""
    return not isinstance(wanted, bool) or wanted is value


def _zone(wanted: object) -> int | None:
    if not isinstance(wanted, int):
        return None
    if wanted not in ZONES:
        raise InvalidArgumentError(f"maxJobZone must be from {ZONES[0]} to {ZONES[-1]}.")
    return wanted


def _amount(name: str, wanted: AmountLimit | None) -> AmountLimit | None:
    if not wanted:
        return None
    currency = currency_code(f"{name}.currency", wanted.currency)
    if wanted.amount < 0 or not currency:
        raise InvalidArgumentError(f"{name} is an amount of 0 or more in a currency, such as EUR.")
    return AmountLimit(amount=wanted.amount, currency=currency)
