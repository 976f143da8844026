"""Plans for one worker and one goal: routes told as steps with their reasons, or why there is none and what is near.

The entry point of pathways: `find_plans`. `pathways` searches, `cover` chooses programmes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from graph.cover import Limits, cheapest_cover
from graph.evidence import Holding
from graph.model import SkillId, Training
from graph.pathways import EXPERIENCE_HOURS, NO_LIMITS, Leg, Pathfinder, Route, zone_of
from graph.plans import Goal, Plan, Step, StepKind
from graph.taxonomy import SkillGraph

NAMED = 4
"""Skills that a sentence names before it counts the rest."""


def find_plans(
    graph: SkillGraph,
    holding: Holding,
    goal: Goal,
    *,
    max_cost: Decimal | None = None,
    max_hours: int | None = None,
    count: int = 3,
) -> list[Plan]:
    """Return up to `count` plans, best first; one that says why not when the goal cannot be reached."""
    pathfinder = Pathfinder(graph, holding)
    limits = Limits(cost=max_cost, hours=max_hours)
    routes = pathfinder.routes(goal, limits, count)
    if routes:
        return [_told(pathfinder, goal, route) for route in routes]
    return [_refused(pathfinder, goal, limits)]


def _told(pathfinder: Pathfinder, goal: Goal, route: Route) -> Plan:
    steps = [_held_step(pathfinder, goal)]
    for leg in route.legs[:-1]:
        steps += _training_steps(pathfinder, leg)
        steps.append(_experience_step(pathfinder, leg, goal))
    last = route.legs[-1]
    steps += _training_steps(pathfinder, last)
    missing = _sorted(pathfinder.graph, last.cover.uncovered)
    steps.append(
        Step(
            kind=StepKind.GOAL,
            title=goal.name,
            why=_ready(pathfinder.graph, goal, missing),
            gains=missing,
            occupation=goal.occupation.id,
        )
    )
    return Plan(
        goal=goal,
        reachable=True,
        explanation=_summary(goal, steps, pathfinder.currency),
        steps=tuple(steps),
        missing=missing,
        currency=pathfinder.currency,
    )


def _held_step(pathfinder: Pathfinder, goal: Goal) -> Step:
    counted = _sorted(pathfinder.graph, goal.wanted & pathfinder.held)
    return Step(
        kind=StepKind.HELD,
        title="What your work shows",
        gains=counted,
        why=f"{len(counted)} of the {len(goal.wanted)} skills that {goal.name} asks for are shown by your work"
        + (f": {_names(pathfinder.graph, counted)}." if counted else "."),
    )


def _training_steps(pathfinder: Pathfinder, leg: Leg) -> Iterator[Step]:
    known, later = set(leg.held), list(leg.cover.programmes)
    for programme in leg.cover.programmes:
        later.remove(programme)
        gains = _sorted(pathfinder.graph, programme.teaches & leg.wanted - known)
        prepares = [each.title for each in later if (each.requires - known) & programme.teaches]
        known |= programme.teaches
        yield Step(
            kind=StepKind.ON_RAMP if leg.occupation.id in programme.staffs else StepKind.TRAINING,
            title=programme.title,
            training=programme,
            gains=gains,
            hours=programme.hours,
            cost=programme.cost,
            why=" ".join(_reasons(pathfinder, leg, programme, gains, prepares)),
        )


def _reasons(
    pathfinder: Pathfinder, leg: Leg, programme: Training, gains: tuple[SkillId, ...], prepares: list[str]
) -> Iterator[str]:
    if gains:
        yield (
            f"Teaches {len(gains)} missing skill{'s' * (len(gains) > 1)} for {leg.occupation.name}: "
            f"{_names(pathfinder.graph, gains)}."
        )
    if leg.occupation.id in programme.licenses and pathfinder.licence_for(leg.occupation) is not None:
        yield f"Leads to what the occupation is regulated by: {leg.occupation.regulation}."
    if leg.occupation.id in programme.staffs:
        yield f"An on-ramp: {programme.staffed_by} gives its graduates work as {leg.occupation.name}."
    if prepares:
        yield f"Needed before {' and '.join(prepares)}."
    others = [each for each in pathfinder.programmes if each.id != programme.id]
    runner_up = cheapest_cover(
        others,
        held=leg.held,
        wanted=leg.wanted,
        tolerance=len(leg.cover.uncovered),
        licence=pathfinder.licence_for(leg.occupation),
        goal=leg.occupation.id,
        limits=NO_LIMITS,
    )
    if runner_up is None:
        yield "No other programmes here cover as much."
        return
    cost, hours = runner_up.cost - leg.cover.cost, runner_up.hours - leg.cover.hours
    instead = [each for each in runner_up.programmes if each not in leg.cover.programmes]
    yield (
        f"The next best choice, {' and '.join(each.title for each in instead) or 'doing without it'}, "
        f"differs by {cost:+} {pathfinder.currency} and {hours:+} hours."
    )


def _experience_step(pathfinder: Pathfinder, leg: Leg, goal: Goal) -> Step:
    graph, zone = pathfinder.graph, zone_of(leg.occupation)
    gains = _sorted(graph, (goal.wanted & leg.wanted) - leg.held - leg.cover.gained)
    return Step(
        kind=StepKind.EXPERIENCE,
        title=f"Paid work as {leg.occupation.name}",
        gains=gains,
        hours=EXPERIENCE_HOURS,
        occupation=leg.occupation.id,
        why=f"{goal.occupation.name} takes preparation of level {zone_of(goal.occupation)}; one moves up one level at "
        f"a time, and this work is of level {zone}."
        + (f" It gives practice in {_names(graph, gains)}." if gains else ""),
    )


def _ready(graph: SkillGraph, goal: Goal, missing: tuple[SkillId, ...]) -> str:
    if not missing:
        return f"Every skill that {goal.name} asks for is there."
    return f"{len(goal.wanted) - len(missing)} of {len(goal.wanted)} skills are there; usually learned at work: " + (
        f"{_names(graph, missing)}."
    )


def _summary(goal: Goal, steps: Sequence[Step], currency: str) -> str:
    trainings = sum(each.training is not None for each in steps)
    jobs = sum(each.kind is StepKind.EXPERIENCE for each in steps)
    if not trainings and not jobs:
        return f"{goal.name} is within reach now: no training is needed."
    parts = [f"{trainings} programme{'s' * (trainings != 1)}"] if trainings else []
    if jobs:
        parts.append(f"{jobs} job{'s' * (jobs != 1)} on the way")
    hours, cost = sum(each.hours for each in steps), sum((each.cost for each in steps), Decimal(0))
    return f"{goal.name} is reached by {' and '.join(parts)}: {hours} hours and {cost} {currency} in all."


def _refused(pathfinder: Pathfinder, goal: Goal, limits: Limits) -> Plan:
    graph = pathfinder.graph
    missing = _sorted(graph, goal.wanted - pathfinder.teachable(pathfinder.held))
    near = pathfinder.nearest_open(goal)
    reasons = list(_refusals(pathfinder, goal, limits, missing))
    if near:
        reasons.append(
            "Nearest goals within reach: "
            + "; ".join(
                f"{leg.occupation.name} ({leg.cover.hours} hours, {leg.cover.cost} {pathfinder.currency})"
                for leg in near
            )
            + "."
        )
    return Plan(
        goal=goal,
        reachable=False,
        explanation=" ".join(reasons),
        steps=(_held_step(pathfinder, goal),),
        missing=missing,
        currency=pathfinder.currency,
    )


def _named_leg(leg: Leg, currency: str) -> str:
    return f"{leg.occupation.name} ({leg.cover.hours} hours, {leg.cover.cost} {currency})"


def _refusals(pathfinder: Pathfinder, goal: Goal, limits: Limits, missing: tuple[SkillId, ...]) -> Iterator[str]:
    if limits != NO_LIMITS:
        free = pathfinder.routes(goal, NO_LIMITS, 1)
        if free:
            covers = [leg.cover for leg in free[0].legs]
            hours = sum(each.hours for each in covers) + EXPERIENCE_HOURS * (len(covers) - 1)
            cost = sum((each.cost for each in covers), Decimal(0))
            yield (
                f"{goal.name} is not reachable within these limits: the best way found takes {hours} hours and "
                f"{cost} {pathfinder.currency}."
            )
            return
    yield f"{goal.name} is not reachable from here."
    occupation, graph = goal.occupation, pathfinder.graph
    if pathfinder.licence_for(occupation) is not None:
        licensing = [each for each in pathfinder.programmes if occupation.id in each.licenses]
        if not licensing:
            yield f"The occupation is regulated ({occupation.regulation}) and no programme here leads to that."
    gap = zone_of(occupation) - pathfinder.zone
    if gap > 1:
        yield (
            f"It takes preparation of level {zone_of(occupation)} of 5; your work shows level {pathfinder.zone}, "
            f"and one moves up one level at a time."
        )
    if len(missing) > goal.tolerance:
        yield f"No programme that can be begun here teaches {_names(graph, missing)}."


def _sorted(graph: SkillGraph, skills: Iterable[SkillId]) -> tuple[SkillId, ...]:
    return tuple(sorted(skills, key=lambda each: (graph.skills[each].name, each)))


def _names(graph: SkillGraph, skills: tuple[SkillId, ...]) -> str:
    shown = [graph.skills[each].name for each in skills[:NAMED]]
    rest = len(skills) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
