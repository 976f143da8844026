"""Plans for one worker and one goal: routes told as steps with their reasons, or why there is none and what is near.

The entry point of pathways: `find_plans`. `search` finds the jobs on the way, `cover` chooses programmes, `text` words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from graph.evidence.estimate import Holding
from graph.model import OccupationId, Opportunity, SkillId, Training
from graph.pathways.plans import Conditions, Goal, Plan, Step, StepKind
from graph.pathways.search import EXPERIENCE_HOURS, NO_LIMITS, Leg, Pathfinder, Route
from graph.pathways.task import Limits
from graph.pathways.text import (
    NAMED,
    describe_leg,
    explain_experience,
    explain_goal,
    explain_held,
    name_goal,
    sort_skills,
    summarize,
)
from graph.taxonomy.graph import SkillGraph
from graph.wording import ENGLISH, Words

OPENED = 3
"""Opportunities that a step names as those it opens."""


def find_plans(
    graph: SkillGraph,
    holding: Holding,
    goal: Goal,
    *,
    conditions: Conditions | None = None,
    max_cost: Decimal | None = None,
    max_hours: int | None = None,
    count: int = 3,
    now: datetime | None = None,
    words: Words = ENGLISH,
) -> list[Plan]:
    """Return up to `count` plans, best first; one that says why not when the goal cannot be reached.

    `now` is when opportunities must be open for a step to open them; without it, none are told. `words` say why.
    """
    pathfinder = Pathfinder(graph, holding, conditions)
    limits = Limits(cost=max_cost, hours=max_hours)
    routes = pathfinder.routes(goal, limits, count)
    considered = list(pathfinder.found)
    if routes:
        told = [_told(pathfinder, goal, route, considered, words) for route in routes]
        return [plan if now is None else _opening(pathfinder, plan, now) for plan in told]
    return [_refused(pathfinder, goal, limits, words)]


def _told(pathfinder: Pathfinder, goal: Goal, route: Route, considered: Sequence[Route], words: Words) -> Plan:
    graph = pathfinder.graph
    steps = [_held_step(pathfinder, goal, words)]
    for place, leg in enumerate(route.legs[:-1]):
        steps += _training_steps(pathfinder, leg, words)
        steps.append(_experience_step(pathfinder, leg, goal, _runner_up(route, place, considered), words))
    last = route.legs[-1]
    steps += _training_steps(pathfinder, last, words)
    missing = sort_skills(graph, last.cover.uncovered)
    left = pathfinder.experience_left(goal)
    if left:
        steps.append(
            Step(
                kind=StepKind.EXPERIENCE,
                title=words.say("Paid work as %(occupation)s", occupation=words.name(goal.occupation)),
                gains=missing,
                hours=left,
                occupation=goal.occupation.id,
                why=words.say(
                    "%(goal)s asks for %(hours)s hours of experience as %(occupation)s.",
                    goal=name_goal(goal, words),
                    hours=goal.experience,
                    occupation=words.name(goal.occupation),
                ),
            )
        )
    steps.append(
        Step(
            kind=StepKind.GOAL,
            title=name_goal(goal, words),
            why=explain_goal(graph, goal, missing, words),
            gains=() if left else missing,
            occupation=goal.occupation.id,
        )
    )
    nearer = tuple(leg.occupation for leg in (route.legs if left else route.legs[:-1]))
    return Plan(
        goal=goal,
        reachable=True,
        explanation=summarize(goal, steps, pathfinder.currency, nearer, words) + _guess(pathfinder, words),
        steps=tuple(steps),
        missing=missing,
        currency=pathfinder.currency,
        nearer=nearer,
        objective=round(route.objective, 2),
        bound=round(min(route.bound, route.objective), 2),
    )


def _guess(pathfinder: Pathfinder, words: Words) -> str:
    """Say when what an hour costs is a guess, since too little work is paid in the plan's currency to tell."""
    if pathfinder.worth.is_known or pathfinder.conditions.hour_value is not None:
        return ""
    currency = pathfinder.currency
    return words.say(
        " An hour was counted as %(value)s %(currency)s, a guess: too little work here is paid in %(currency)s to "
        "tell. Say what you earn an hour for a better figure.",
        value=words.number(pathfinder.hour_value, "g"),
        currency=currency,
    )


def _held_step(pathfinder: Pathfinder, goal: Goal, words: Words) -> Step:
    counted = sort_skills(pathfinder.graph, goal.wanted & pathfinder.held)
    return Step(
        kind=StepKind.HELD,
        title=words.say("What your work shows"),
        gains=counted,
        why=explain_held(pathfinder.graph, goal, counted, words),
    )


def _training_steps(pathfinder: Pathfinder, leg: Leg, words: Words) -> Iterator[Step]:
    known, later = set(leg.held), list(leg.cover.programmes)
    for programme in leg.cover.programmes:
        later.remove(programme)
        gains = sort_skills(pathfinder.graph, programme.teaches & leg.wanted - known)
        prepares = [each.title for each in later if (each.requires - known) & programme.teaches]
        known |= programme.teaches
        yield Step(
            kind=StepKind.ON_RAMP if leg.occupation.id in programme.staffs else StepKind.TRAINING,
            title=programme.title,
            training=programme,
            gains=gains,
            hours=programme.hours,
            cost=programme.cost,
            forgone=Decimal(f"{pathfinder.hour_value:g}") * programme.hours,
            why=" ".join(_reasons(pathfinder, leg, programme, gains, prepares, words)),
        )


def _reasons(
    pathfinder: Pathfinder,
    leg: Leg,
    programme: Training,
    gains: tuple[SkillId, ...],
    prepares: list[str],
    words: Words,
) -> Iterator[str]:
    occupation = words.name(leg.occupation)
    if gains:
        yield words.count(
            "Teaches %(count)s missing skill for %(occupation)s: %(skills)s.",
            "Teaches %(count)s missing skills for %(occupation)s: %(skills)s.",
            len(gains),
            occupation=occupation,
            skills=words.names(pathfinder.graph, gains, NAMED),
        )
    if leg.occupation.id in programme.licenses and pathfinder.licence_for(leg.occupation) is not None:
        by = words.say(str(leg.occupation.regulation))
        yield words.say("Leads to what the occupation is regulated by: %(by)s.", by=by)
    if leg.occupation.id in programme.staffs:
        yield words.say(
            "An on-ramp: %(staffer)s gives its graduates work as %(occupation)s.",
            staffer=programme.staffed_by,
            occupation=occupation,
        )
    if prepares:
        yield words.say("Needed before %(programmes)s.", programmes=words.all_of(prepares))
    runner_up = pathfinder.without(leg, programme)
    if runner_up is None:
        yield words.say("No other programmes here cover as much.")
        return
    cost, hours = runner_up.cost - leg.cover.cost, runner_up.hours - leg.cover.hours
    instead = [each for each in runner_up.programmes if each not in leg.cover.programmes]
    yield words.say(
        "The next best choice, %(choice)s, differs by %(cost)s and %(hours)s hours.",
        choice=words.all_of(each.title for each in instead) or words.say("doing without it"),
        cost=f"{words.number(cost, '+')} {pathfinder.currency}",
        hours=f"{hours:+}",
    )


def _experience_step(
    pathfinder: Pathfinder, leg: Leg, goal: Goal, runner_up: tuple[Leg, float] | None, words: Words
) -> Step:
    gains = sort_skills(pathfinder.graph, (goal.wanted & leg.wanted) - leg.held - leg.cover.gained)
    return Step(
        kind=StepKind.EXPERIENCE,
        title=words.say("Paid work as %(occupation)s", occupation=words.name(leg.occupation)),
        gains=gains,
        hours=EXPERIENCE_HOURS,
        occupation=leg.occupation.id,
        why=explain_experience(pathfinder.graph, goal, leg, gains, runner_up, pathfinder.currency, words),
    )


def _runner_up(route: Route, place: int, considered: Sequence[Route]) -> tuple[Leg, float] | None:
    """Return the job that the best route with another job at this place has there, and how much worse it is."""
    chosen = route.legs[place].occupation.id
    for other in considered:
        if len(other.legs) > place + 1 and other.legs[place].occupation.id != chosen:
            return other.legs[place], round(other.objective - route.objective, 2)
    return None


def _opening(pathfinder: Pathfinder, plan: Plan, now: datetime) -> Plan:
    """Return a plan whose steps say which opportunities take nothing more after them."""
    graph, goal = pathfinder.graph, plan.goal.opportunity
    within = [
        each
        for each in graph.opportunities.values()
        if each.is_open(now) and each is not goal and not pathfinder.conditions.obstacles(each)
    ]
    known, licensed = set(pathfinder.held), set[OccupationId](pathfinder.authorized)
    waiting = [each for each in within if not _is_ready(pathfinder, each, known, licensed)]
    steps = []
    for step in plan.steps:
        if step.training is not None:
            known |= step.training.teaches
            licensed |= step.training.licenses
        elif step.kind is StepKind.EXPERIENCE and step.occupation is not None:
            known |= graph.essential(step.occupation)
            licensed.add(step.occupation)
        opened = [each for each in waiting if _is_ready(pathfinder, each, known, licensed)]
        waiting = [each for each in waiting if each not in opened]
        best = sorted(opened, key=lambda each: _pay_key(each, pathfinder.currency))
        steps.append(replace(step, opens=tuple(best[:OPENED]), opens_count=len(opened)))
    return replace(plan, steps=tuple(steps))


def _pay_key(opportunity: Opportunity, currency: str) -> tuple[bool, Decimal, str]:
    """Sort the best paid first; what is paid in another currency is not compared, and comes after."""
    is_other = opportunity.pay.currency != currency
    return is_other, Decimal(0) if is_other else -opportunity.pay.per_hour, opportunity.id


def _is_ready(
    pathfinder: Pathfinder, opportunity: Opportunity, known: set[SkillId], licensed: set[OccupationId]
) -> bool:
    """Whether an opportunity takes nothing more than what is known and licensed by then."""
    occupation = pathfinder.graph.occupations[opportunity.occupation]
    return opportunity.required <= known and (occupation.regulation is None or occupation.id in licensed)


def _refused(pathfinder: Pathfinder, goal: Goal, limits: Limits, words: Words) -> Plan:
    graph = pathfinder.graph
    missing = sort_skills(graph, goal.wanted - pathfinder.teachable(pathfinder.held))
    near = pathfinder.nearest_open(goal, limits)
    reasons = list(_refusals(pathfinder, goal, limits, missing, words))
    if near:
        told = "; ".join(describe_leg(leg, pathfinder.currency, words) for leg in near)
        reasons.append(words.say("Nearest goals within reach: %(goals)s.", goals=told))
    return Plan(
        goal=goal,
        reachable=False,
        explanation=" ".join(reasons),
        steps=(_held_step(pathfinder, goal, words),),
        missing=missing,
        currency=pathfinder.currency,
        nearer=tuple(leg.occupation for leg in near),
    )


def _refusals(
    pathfinder: Pathfinder, goal: Goal, limits: Limits, missing: tuple[SkillId, ...], words: Words
) -> Iterator[str]:
    name = name_goal(goal, words)
    if limits != NO_LIMITS:
        free = pathfinder.routes(goal, NO_LIMITS, 1)
        if free:
            covers = [leg.cover for leg in free[0].legs]
            work = EXPERIENCE_HOURS * (len(covers) - 1) + pathfinder.experience_left(goal)
            hours = sum(each.hours for each in covers) + work
            cost = sum((each.cost for each in covers), Decimal(0))
            yield words.say(
                "%(goal)s is not reachable within these limits: the best way found takes %(hours)s hours and %(cost)s.",
                goal=name,
                hours=hours,
                cost=f"{words.number(cost)} {pathfinder.currency}",
            )
            return
    yield words.say("%(goal)s is not reachable from here.", goal=name)
    occupation, graph = goal.occupation, pathfinder.graph
    if all(each.currency != pathfinder.currency for each in graph.training.values()):
        yield words.say(
            "No programme is priced in %(currency)s: choose another currency.", currency=pathfinder.currency
        )
    if goal.opportunity is not None:
        yield from pathfinder.conditions.obstacles(goal.opportunity, words)
    if pathfinder.licence_for(occupation) is not None:
        licensing = [each for each in pathfinder.programmes if occupation.id in each.licenses]
        if not licensing:
            yield words.say(
                "The occupation is regulated (%(by)s) and no programme here leads to that.",
                by=words.say(str(occupation.regulation)),
            )
    if goal.zone - pathfinder.zone > 1:
        yield words.say(
            "It takes preparation of level %(level)s of 5; your work shows level %(shown)s, and one moves up one level "
            "at a time.",
            level=goal.zone,
            shown=pathfinder.zone,
        )
    if len(missing) > goal.tolerance:
        held = len(goal.wanted & pathfinder.held)
        yield words.say("Your work shows %(held)s of its %(all)s skills.", held=held, all=len(goal.wanted))
        yield words.say(
            "No programme that can be begun here teaches %(skills)s.", skills=words.names(graph, missing, NAMED)
        )
