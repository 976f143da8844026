"""What a pathway is: a target, steps to it, or an honest no. `pathways` finds them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from graph.model import Occupation, OccupationId, Opportunity, SkillId, Training
from graph.taxonomy import SkillGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Where a pathway leads: an occupation, or an opportunity in one."""

    occupation: Occupation
    opportunity: Opportunity | None
    wanted: frozenset[SkillId]
    """Skills that the goal asks for."""
    tolerance: int
    """How many of them may be learned at work."""

    @property
    def name(self) -> str:
        """What to call it."""
        return self.opportunity.title if self.opportunity is not None else self.occupation.name


class StepKind(Enum):
    """Kinds of steps."""

    HELD = "HELD"
    TRAINING = "TRAINING"
    EXPERIENCE = "EXPERIENCE"
    ON_RAMP = "ON_RAMP"
    GOAL = "GOAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: what is gained, how long it takes, what it costs, and why it is there."""

    kind: StepKind
    title: str
    why: str
    gains: tuple[SkillId, ...] = ()
    hours: int = 0
    cost: Decimal = Decimal(0)
    training: Training | None = None
    occupation: OccupationId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps to a goal. Where it is not reachable: as far as they lead, what is missing, and why."""

    goal: Goal
    reachable: bool
    explanation: str
    steps: tuple[Step, ...]
    missing: tuple[SkillId, ...]
    currency: str

    @property
    def hours(self) -> int:
        """Hours of all steps: training, and paid work on the way."""
        return sum(each.hours for each in self.steps)

    @property
    def cost(self) -> Decimal:
        """Money that all steps cost."""
        return sum((each.cost for each in self.steps), Decimal(0))


WORK_SHARE = 0.2
MOST_AT_WORK = 8


def learnable_at_work(skills: int) -> int:
    """Return how many of an occupation's essential skills may be missing when one starts in it: a fifth, at most 8."""
    return min(MOST_AT_WORK, int(skills * WORK_SHARE))


def entry_skills(graph: SkillGraph, occupation: OccupationId) -> frozenset[SkillId]:
    """Return what one must be able to do to enter an occupation: what is essential, or all where nothing is."""
    return graph.essential(occupation) or graph.optional(occupation)


def goal_of(graph: SkillGraph, target: Occupation | Opportunity) -> Goal:
    """Return the goal that a target stands for. An opportunity tolerates no missing requirement."""
    if isinstance(target, Opportunity):
        occupation = graph.occupations[target.occupation]
        return Goal(occupation=occupation, opportunity=target, wanted=target.required, tolerance=0)
    wanted = entry_skills(graph, target.id)
    return Goal(occupation=target, opportunity=None, wanted=wanted, tolerance=learnable_at_work(len(wanted)))
