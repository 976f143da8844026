"""Types of numbers about many: skills that workers lack near open work, what openings pay, and what workers earn."""

from __future__ import annotations

import asyncio

import strawberry

from graph.counting.aggregates import Quantiles, Suppressed
from graph.counting.pay import pay_for
from graph.counting.pay_publication import PayQuarters, told_pay
from graph.counting.publication import Cell, told
from graph.counting.releases import Release
from graph.market.gazetteer import region_of
from graph.model import SkillId
from graph.pages import Key
from graph.schema.catalogue_types import Info, Skill
from graph.schema.connection import Connection, connection, span
from graph.schema.scalars import Decimal, currency_code, finding_of, graph_of, refusals, services_of, session_of


@strawberry.type(description="A skill that workers lack for work that is open near them: how many of how many.")
class SkillGap:
    """A gap as the schema shows it."""

    skill: Skill
    region: str | None
    month: str = strawberry.field(description="The month of the release, `YYYY-MM`; it never changes.")
    lacking: int = strawberry.field(description="Rounded at random to a multiple of 5; never fewer than 10 people.")
    workers: int = strawberry.field(description="Of how many, rounded likewise.")


@strawberry.type(description="Quarters of what open opportunities that require a skill pay by the hour.")
class OfferedPay:
    """Pay of openings as the schema shows it."""

    lower: Decimal
    median: Decimal
    upper: Decimal
    openings: int = strawberry.field(description="Rounded to a multiple of 5; never fewer than 10.")


@strawberry.type(
    description=(
        "Quarters of what workers who granted this actor `statistics` earned an hour, over twelve months, by work that "
        "takes a skill; each to two digits."
    )
)
class EarnedPay:
    """Pay of workers as the schema shows it."""

    lower: Decimal
    median: Decimal
    upper: Decimal
    workers: int = strawberry.field(description="Rounded at random to a multiple of 5; never fewer than 10 people.")
    month: str = strawberry.field(description="The month of the release, `YYYY-MM`; it never changes.")


@strawberry.type(description="What a skill is paid by the hour, in one currency, by source.")
class PayGuidance:
    """Pay as the schema shows it."""

    skill: Skill
    region: str | None
    currency: str
    offered: OfferedPay | None = strawberry.field(description="What openings offer; null for fewer than ten.")
    earned: EarnedPay | None = strawberry.field(
        description="What workers earn; null for fewer than ten, and for whom nobody granted `statistics`."
    )


def release_of(info: Info) -> Release | None:
    """Return the last release for the asking actor and its purpose. Blocks."""
    finding, session = finding_of(info), session_of(info)
    if finding is None or session.kind != "actor" or session.actor_id is None or session.purpose is None:
        return None
    return finding.releases.latest(session.actor_id, session.purpose)


async def resolve_skill_gaps(
    info: Info,
    region: str | None = strawberry.UNSET,
    first: int | None = strawberry.UNSET,
    after: str | None = strawberry.UNSET,
    last: int | None = strawberry.UNSET,
    before: str | None = strawberry.UNSET,
) -> Connection[SkillGap]:
    """Show the last release of the asking actor's purpose, the largest gaps first."""
    graph, where = graph_of(info), region_of(region) if region else None
    release = await asyncio.to_thread(release_of, info)
    cells = told(release.regions, where) if release is not None else {}
    entries: list[tuple[Key, tuple[SkillId, Cell]]] = sorted(
        ((-cell.lacking, skill), (skill, cell)) for skill, cell in cells.items() if skill in graph.skills
    )
    month = "" if release is None else release.month

    def show(entry: tuple[SkillId, Cell]) -> SkillGap:
        skill, cell = entry
        return SkillGap(
            skill=Skill(node=graph.skills[skill]),
            region=where,
            month=month,
            lacking=cell.lacking,
            workers=cell.workers,
        )

    return connection(entries, span(first, after, last, before), show)


async def resolve_pay_guidance(
    info: Info, skill: strawberry.ID, region: str | None = strawberry.UNSET, currency: str | None = "EUR"
) -> PayGuidance | None:
    """Show what is offered and what is earned; null where neither is told."""
    graph, now, where = graph_of(info), services_of(info).clock(), region_of(region) if region else None
    with refusals():
        code = currency_code("currency", currency) or "EUR"
    node = graph.skills.get(SkillId(skill))
    if node is None:
        return None
    offered = await asyncio.to_thread(lambda: pay_for(graph, node.id, where, code, now))
    release = await asyncio.to_thread(release_of, info)
    earned = None if release is None else told_pay(release.pay, where, code, node.id)
    if isinstance(offered, Suppressed) and earned is None:
        return None
    return PayGuidance(
        skill=Skill(node=node),
        region=where,
        currency=code,
        offered=None if isinstance(offered, Suppressed) else _offered(offered),
        earned=None if earned is None or release is None else _earned(earned, release),
    )


def _offered(told: Quantiles) -> OfferedPay:
    return OfferedPay(
        lower=Decimal(told.lower),
        median=Decimal(told.middle),
        upper=Decimal(told.upper),
        openings=told.contributors,
    )


def _earned(told: PayQuarters, release: Release) -> EarnedPay:
    return EarnedPay(
        lower=Decimal(told.lower),
        median=Decimal(told.middle),
        upper=Decimal(told.upper),
        workers=told.workers,
        month=release.month,
    )
