"""Types of pathways: targets, plans and their steps, and the resolver that finds them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from enum import Enum
from typing import Any, TypeVar

import strawberry

from graph import model
from graph.errors import InvalidArgumentError, InvalidTargetError, UnknownTargetError
from graph.evidence.facts import Fidelity
from graph.model import Language, OccupationId, OpportunityId
from graph.pathways import plans
from graph.pathways.picture import json_of, mermaid_of, svg_of
from graph.pathways.planning import find_plans
from graph.pathways.plans import StepKind
from graph.schema.catalogue_types import Info, Occupation, Skill, skills
from graph.schema.market_types import Opportunity, Training
from graph.schema.scalars import (
    Decimal,
    Money,
    checked_id,
    currency_code,
    graph_of,
    language_code,
    money,
    refusals,
    services_of,
)
from graph.schema.worker_evidence import holding_of
from graph.taxonomy.graph import SkillGraph
from graph.wording import Words, words_in

strawberry.enum(StepKind, name="PathwayStepKind", description="Kinds of steps of a pathway.")

MAX_PLANS = 10
MAX_LIMIT = 1_000_000_000
MAX_PLACE = 200
Given = TypeVar("Given")


@strawberry.input(description="Exactly one of the three.")
class PathwayTarget:
    """What a pathway leads to."""

    opportunity: strawberry.ID | None = strawberry.UNSET
    occupation: strawberry.ID | None = strawberry.UNSET
    platform: str | None = strawberry.field(
        default=strawberry.UNSET, description="A platform's name: what it asks of who begins there."
    )


@strawberry.type(description="What a platform asks of who begins there, in one occupation.")
class EntryBar:
    """An entry bar as the schema shows it."""

    platform: str
    name: str
    occupation: Occupation
    required_skills: list[Skill] = strawberry.field(description="Beside those that are essential to the occupation.")
    job_zone: int | None
    experience_hours: int
    note: str | None
    fidelity: Fidelity
    simulated: bool


@strawberry.type
class PathwayGoal:
    """What a pathway leads to: one of the three is set."""

    opportunity: Opportunity | None
    occupation: Occupation | None
    entry: EntryBar | None


@strawberry.type
class PathwayStep:
    """One step of a pathway."""

    kind: StepKind
    title: str
    training: Training | None
    occupation: Occupation | None = strawberry.field(description="Of paid work, and of the goal.")
    gains: list[Skill]
    hours: int
    cost: Money
    forgone_income: Money = strawberry.field(description="Income not earned while it takes.")
    opens: list[Opportunity] = strawberry.field(
        description=(
            "Open now, and nothing more is missing after this step; the best paid of them in the plan's currency, then "
            "others."
        )
    )
    opens_count: int = strawberry.field(description="How many there are.")
    why: str


@strawberry.enum
class PictureFormat(Enum):
    """Formats of a pathway's picture."""

    MERMAID = "MERMAID"
    SVG = "SVG"
    JSON = "JSON"


@strawberry.type
class Pathway:
    """A plan, or an honest no."""

    plan: strawberry.Private[plans.Plan]
    words: strawberry.Private[Words]

    target: PathwayGoal
    reachable: bool
    explanation: str
    total_hours: int
    total_cost: Money
    forgone_income: Money = strawberry.field(description="Income not earned during training.")
    missing: list[Skill]
    nearer_goals: list[Occupation] = strawberry.field(
        description="Jobs on the way; or, when the goal is out of reach, the nearest that are within it."
    )
    objective: float | None = strawberry.field(
        description="What is minimized: money, hours, learning at work, changes of field; null out of reach."
    )
    bound: float | None = strawberry.field(
        description=(
            "No plan has a lower objective. Without a job on the way it is the optimum; with some it is what jobs on "
            "the way cost at least, whichever they are: training is not counted, so the best plan may cost much more."
        )
    )
    steps: list[PathwayStep]

    @strawberry.field
    def picture(self, format: PictureFormat | None = PictureFormat.MERMAID) -> str:
        """Draw it."""
        match format:
            case PictureFormat.SVG:
                return svg_of(self.plan, self.words)
            case PictureFormat.JSON:
                return json_of(self.plan, self.words)
            case _:
                return mermaid_of(self.plan, self.words)


async def resolve_pathway(
    root: Any,
    info: Info,
    to: PathwayTarget,
    max_cost: Decimal | None = strawberry.UNSET,
    max_hours: int | None = strawberry.UNSET,
    place: str | None = strawberry.UNSET,
    languages: list[str] | None = strawberry.UNSET,
    hourly_income: Decimal | None = strawberry.UNSET,
    currency: str | None = strawberry.UNSET,
    first: int | None = 3,
    language: Language | None = Language.EN,
) -> list[Pathway] | None:
    """Find plans; their words are in `language`."""
    words = words_in(language)
    graph, count, now = graph_of(info), 3 if first is None else first, services_of(info).clock()
    cost, hours = _given(max_cost), _given(max_hours)
    with refusals():
        goals = _goals(graph, to)
        if not 1 <= count <= MAX_PLANS:
            raise InvalidArgumentError(f"first must be from 1 to {MAX_PLANS}.")
        income = _given(hourly_income)
        for name, limit in (("maxCost", cost), ("maxHours", hours), ("hourlyIncome", income)):
            if limit is not None and not 0 <= limit <= MAX_LIMIT:
                raise InvalidArgumentError(f"{name} must be from 0 to {MAX_LIMIT}.")
        conditions = _conditions(_given(place), _given(languages), income, _given(currency))

        def find() -> list[plans.Plan]:
            holding = holding_of(root, info)
            found = [
                plan
                for goal in goals
                for plan in find_plans(
                    graph,
                    holding,
                    goal,
                    conditions=conditions,
                    max_cost=cost,
                    max_hours=hours,
                    count=count,
                    now=now,
                    words=words,
                )
            ]
            reached = sorted((each for each in found if each.reachable), key=lambda each: each.objective or 0.0)
            return (reached or found)[:count]

        found = await asyncio.to_thread(find)
    return [_pathway(graph, each, words) for each in found]


def _conditions(
    place: str | None, languages: list[str] | None, income: Decimal | None, currency: str | None
) -> plans.Conditions:
    if len(place or "") > MAX_PLACE:
        raise InvalidArgumentError(f"place has at most {MAX_PLACE} characters.")
    spoken = None if languages is None else frozenset(language_code("languages", each) or "" for each in languages)
    code = currency_code("currency", currency) or None
    plain = plans.Conditions(place=place or None, languages=spoken, currency=code)
    return plain if income is None else replace(plain, hour_value=income)


def _given(value: Given | None) -> Given | None:
    """Return an argument, None when it was left out."""
    return None if value is strawberry.UNSET else value


def _goals(graph: SkillGraph, to: PathwayTarget) -> list[plans.Goal]:
    """Return what a target stands for: one goal, or each of a platform's entry bars."""
    opportunity, occupation, platform = to.opportunity or None, to.occupation or None, to.platform or None
    if [opportunity, occupation, platform].count(None) != 2:
        raise InvalidTargetError
    if opportunity is not None:
        offered = graph.opportunities.get(OpportunityId(checked_id(opportunity)))
        if offered is None:
            raise UnknownTargetError.by_id("opportunity", "opportunities")
        return [plans.goal_of(graph, offered)]
    if occupation is not None:
        known = graph.occupations.get(OccupationId(checked_id(occupation)))
        if known is None:
            raise UnknownTargetError.by_id("occupation", "occupations")
        return [plans.goal_of(graph, known)]
    bars = [each for each in graph.market.entries if each.platform == platform]
    if not bars:
        raise UnknownTargetError.by_platform(each.platform for each in graph.market.entries)
    return [plans.goal_of(graph, each) for each in bars]


def _pathway(graph: SkillGraph, plan: plans.Plan, words: Words) -> Pathway:
    opportunity, entry = plan.goal.opportunity, plan.goal.entry
    return Pathway(
        plan=plan,
        words=words,
        target=PathwayGoal(
            opportunity=None if opportunity is None else Opportunity(node=opportunity),
            occupation=Occupation(node=plan.goal.occupation) if opportunity is None and entry is None else None,
            entry=None if entry is None else _entry(graph, entry, words),
        ),
        reachable=plan.reachable,
        explanation=plan.explanation,
        total_hours=plan.hours,
        total_cost=money(plan.cost, plan.currency),
        forgone_income=money(plan.forgone, plan.currency),
        missing=[Skill(node=graph.skills[each]) for each in plan.missing],
        nearer_goals=[Occupation(node=each) for each in plan.nearer],
        objective=plan.objective,
        bound=plan.bound,
        steps=[
            PathwayStep(
                kind=each.kind,
                title=each.title,
                training=None if each.training is None else Training(node=each.training),
                gains=[Skill(node=graph.skills[skill]) for skill in each.gains],
                hours=each.hours,
                occupation=None if each.occupation is None else Occupation(node=graph.occupations[each.occupation]),
                cost=money(each.cost, plan.currency),
                forgone_income=money(each.forgone, plan.currency),
                opens=[Opportunity(node=opened) for opened in each.opens],
                opens_count=each.opens_count,
                why=each.why,
            )
            for each in plan.steps
        ],
    )


def _entry(graph: SkillGraph, bar: model.EntryBar, words: Words) -> EntryBar:
    return EntryBar(
        platform=bar.platform,
        name=bar.name,
        occupation=Occupation(node=graph.occupations[bar.occupation]),
        required_skills=skills(graph, bar.requires),
        job_zone=bar.zone,
        experience_hours=bar.hours,
        note=bar.note_in(words.language),
        fidelity=Fidelity(bar.fidelity),
        simulated=bar.simulated,
    )
