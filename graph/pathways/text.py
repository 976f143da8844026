"""The words of plans: what a step gives, why it is there, and what the whole takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from graph.model import Occupation, SkillId
from graph.pathways.plans import Goal, Step, StepKind, zone_of
from graph.pathways.search import Leg
from graph.taxonomy.graph import SkillGraph

NAMED = 4
"""Skills that a sentence names before it counts the rest."""


def explain_held(graph: SkillGraph, goal: Goal, counted: tuple[SkillId, ...]) -> str:
    """Say what of the goal is held."""
    told = f"{len(counted)} of the {len(goal.wanted)} skills that {goal.name} asks for are shown by your work"
    return told + (f": {join_names(graph, counted)}." if counted else ".")


def explain_experience(
    graph: SkillGraph,
    goal: Goal,
    leg: Leg,
    gains: tuple[SkillId, ...],
    runner_up: tuple[Leg, float] | None,
    currency: str,
) -> str:
    """Say why a job on the way is there, and why this one."""
    zone = zone_of(leg.occupation)
    parts = [
        f"{goal.occupation.name} takes preparation of level {goal.zone}; one moves up one level at "
        f"a time, and this work is of level {zone}."
    ]
    if gains:
        parts.append(f"It gives practice in {join_names(graph, gains)}.")
    if runner_up is not None:
        other, worse = runner_up
        change = f"{abs(worse):.0f} {currency} {'more' if worse >= 0 else 'less'}"
        parts.append(
            f"With the next best job on the way, {other.occupation.name}, the plan costs {change} in all, "
            "when money, hours and changes of field are counted."
        )
    return " ".join(parts)


def explain_goal(graph: SkillGraph, goal: Goal, missing: tuple[SkillId, ...]) -> str:
    """Say what of the goal is there at the end."""
    note = f" {goal.entry.note}" if goal.entry is not None and goal.entry.note else ""
    if not missing:
        return f"Every skill that {goal.name} asks for is there.{note}"
    there = len(goal.wanted) - len(missing)
    return (
        f"{there} of {len(goal.wanted)} skills are there; usually learned at work: {join_names(graph, missing)}.{note}"
    )


def summarize(goal: Goal, steps: Sequence[Step], currency: str, nearer: Sequence[Occupation]) -> str:
    """Say what the whole takes."""
    trainings = sum(each.training is not None for each in steps)
    jobs = sum(each.kind is StepKind.EXPERIENCE for each in steps)
    if not trainings and not jobs:
        return f"{goal.name} is within reach now: no training is needed."
    parts = [f"{trainings} programme{'s' * (trainings != 1)}"] if trainings else []
    if jobs:
        parts.append(f"{jobs} job{'s' * (jobs != 1)} on the way")
    hours, cost = sum(each.hours for each in steps), sum((each.cost for each in steps), Decimal(0))
    forgone = sum((each.forgone for each in steps), Decimal(0))
    told = f"{goal.name} is reached by {' and '.join(parts)}: {hours} hours and {cost} {currency} in all"
    told += f", and {forgone} {currency} of income not earned meanwhile." if forgone else "."
    if nearer:
        told += f" Nearer goals on the way: {', '.join(each.name for each in nearer)}."
    return told


def describe_leg(leg: Leg, currency: str) -> str:
    """Name an occupation with what it takes to enter it."""
    return f"{leg.occupation.name} ({leg.cover.hours} hours, {leg.cover.cost} {currency})"


def sort_skills(graph: SkillGraph, skills: Iterable[SkillId]) -> tuple[SkillId, ...]:
    """Return skills by label."""
    return tuple(sorted(skills, key=lambda each: (graph.skills[each].name, each)))


def join_names(graph: SkillGraph, skills: tuple[SkillId, ...]) -> str:
    """Name the first skills and count the rest."""
    shown = [graph.skills[each].name for each in skills[:NAMED]]
    rest = len(skills) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
