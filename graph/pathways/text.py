"""The words of plans: what a step gives, why it is there, and what the whole takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from graph.model import Occupation, SkillId
from graph.pathways.plans import Goal, Step, StepKind, zone_of
from graph.pathways.search import Leg
from graph.taxonomy.graph import SkillGraph
from graph.wording import Words, mark

NAMED = 4
"""Skills that a sentence names before it counts the rest."""

MORE = mark(
    "With the next best job on the way, %(job)s, the plan costs %(change)s more in all, when money, hours and changes "
    "of field are counted."
)
LESS = mark(
    "With the next best job on the way, %(job)s, the plan costs %(change)s less in all, when money, hours and changes "
    "of field are counted."
)


def name_goal(goal: Goal, words: Words) -> str:
    """Return what a goal is called: the work as it is offered, or the occupation."""
    occupation = words.name(goal.occupation)
    if goal.entry is not None:
        return words.say("%(occupation)s at %(platform)s", occupation=occupation, platform=goal.entry.name)
    return goal.opportunity.title if goal.opportunity is not None else occupation


def explain_held(graph: SkillGraph, goal: Goal, counted: tuple[SkillId, ...], words: Words) -> str:
    """Say what of the goal is held."""
    told = words.say(
        "%(held)s of the %(all)s skills that %(goal)s asks for are shown by your work",
        held=len(counted),
        all=len(goal.wanted),
        goal=name_goal(goal, words),
    )
    return told + (f": {words.names(graph, counted, NAMED)}." if counted else ".")


def explain_experience(
    graph: SkillGraph,
    goal: Goal,
    leg: Leg,
    gains: tuple[SkillId, ...],
    runner_up: tuple[Leg, float] | None,
    currency: str,
    words: Words,
) -> str:
    """Say why a job on the way is there, and why this one."""
    parts = [
        words.say(
            "%(occupation)s takes preparation of level %(level)s; one moves up one level at a time, and this work is "
            "of level %(from)s.",
            **{"occupation": words.name(goal.occupation), "level": goal.zone, "from": zone_of(leg.occupation)},
        )
    ]
    if gains:
        parts.append(words.say("It gives practice in %(skills)s.", skills=words.names(graph, gains, NAMED)))
    if runner_up is not None:
        other, worse = runner_up
        change = f"{abs(worse):.0f} {currency}"
        message = MORE if worse >= 0 else LESS
        parts.append(words.say(message, job=words.name(other.occupation), change=change))
    return " ".join(parts)


def explain_goal(graph: SkillGraph, goal: Goal, missing: tuple[SkillId, ...], words: Words) -> str:
    """Say what of the goal is there at the end."""
    note = "" if goal.entry is None else goal.entry.note_in(words.language)
    note = f" {note}" if note else ""
    if not missing:
        return words.say("Every skill that %(goal)s asks for is there.", goal=name_goal(goal, words)) + note
    told = words.say(
        "%(there)s of %(all)s skills are there; usually learned at work: %(skills)s.",
        there=len(goal.wanted) - len(missing),
        all=len(goal.wanted),
        skills=words.names(graph, missing, NAMED),
    )
    return told + note


def summarize(goal: Goal, steps: Sequence[Step], currency: str, nearer: Sequence[Occupation], words: Words) -> str:
    """Say what the whole takes."""
    trainings = sum(each.training is not None for each in steps)
    jobs = sum(each.kind is StepKind.EXPERIENCE for each in steps)
    name = name_goal(goal, words)
    if not trainings and not jobs:
        return words.say("%(goal)s is within reach now: no training is needed.", goal=name)
    parts = [words.count("%(count)s programme", "%(count)s programmes", trainings)] if trainings else []
    if jobs:
        parts.append(words.count("%(count)s job on the way", "%(count)s jobs on the way", jobs))
    hours, cost = sum(each.hours for each in steps), sum((each.cost for each in steps), Decimal(0))
    forgone = sum((each.forgone for each in steps), Decimal(0))
    told = words.say(
        "%(goal)s is reached by %(parts)s: %(hours)s hours and %(cost)s in all",
        goal=name,
        parts=words.all_of(parts),
        hours=hours,
        cost=f"{words.number(cost)} {currency}",
    )
    if forgone:
        lost = f"{words.number(forgone)} {currency}"
        told += words.say(", and %(lost)s of income not earned meanwhile", lost=lost)
    told += "."
    if nearer:
        told += words.say(" Nearer goals on the way: %(goals)s.", goals=", ".join(words.name(each) for each in nearer))
    return told


def describe_leg(leg: Leg, currency: str, words: Words) -> str:
    """Name an occupation with what it takes to enter it."""
    return words.say(
        "%(occupation)s (%(hours)s hours, %(cost)s)",
        occupation=words.name(leg.occupation),
        hours=leg.cover.hours,
        cost=f"{words.number(leg.cover.cost)} {currency}",
    )


def sort_skills(graph: SkillGraph, skills: Iterable[SkillId]) -> tuple[SkillId, ...]:
    """Return skills by label."""
    return tuple(sorted(skills, key=lambda each: (graph.skills[each].name, each)))
