"""What a pathway is: a target, steps to it, or an honest no. `pathways` finds them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from graph.model import EntryBar, Occupation, OccupationId, Opportunity, SkillId, Training, TrainingMode
from graph.taxonomy.graph import SkillGraph
from graph.taxonomy.names import fold
from graph.wording import ENGLISH, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What holds for this worker whatever the plan: hard constraints, and what an hour of theirs is worth.

    `place` is where they can attend and work (None: anywhere), `languages` what they speak (None: not said).
    """

    place: str | None = None
    languages: frozenset[str] | None = None
    hour_value: Decimal | None = None
    """None: what it is worth in the currency (`worth`)."""
    currency: str | None = None
    """The currency of plans and limits; None: the one that most programmes are in. Others are not converted."""

    def can_attend(self, programme: Training) -> bool:
        """Whether place and language of a programme allow it."""
        return (programme.mode is TrainingMode.ONLINE or self._is_here(programme.place)) and self._is_understood(
            programme.languages
        )

    def obstacles(self, opportunity: Opportunity, words: Words = ENGLISH) -> list[str]:
        """Return what keeps the worker from an opportunity whatever they learn, as sentences."""
        found = []
        if not opportunity.remote and not self._is_here(opportunity.place):
            found.append(
                words.say("The work is in %(there)s, not in %(here)s.", there=opportunity.place, here=self.place)
            )
        if self.languages is not None:
            lacking = sorted(opportunity.languages - self.languages)
            if lacking:
                spoken = words.all_of(lacking)
                found.append(
                    words.count(
                        "It takes the language %(spoken)s.",
                        "It takes the languages %(spoken)s.",
                        len(lacking),
                        spoken=spoken,
                    )
                )
        return found

    def _is_here(self, place: str | None) -> bool:
        return self.place is None or place is None or fold(place) == fold(self.place)

    def _is_understood(self, languages: frozenset[str]) -> bool:
        return self.languages is None or not languages or not languages.isdisjoint(self.languages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Where a pathway leads: an occupation, an opportunity in one, or a platform's entry bar in one."""

    occupation: Occupation
    opportunity: Opportunity | None = None
    entry: EntryBar | None = None
    wanted: frozenset[SkillId]
    """Skills that the goal asks for."""
    tolerance: int
    """How many of them may be learned at work."""

    @property
    def zone(self) -> int:
        """How much preparation it takes."""
        return zone_of(self.occupation) if self.entry is None else self.entry.zone or zone_of(self.occupation)

    @property
    def experience(self) -> int:
        """Hours of work in the occupation that are asked for."""
        return 0 if self.entry is None else self.entry.hours


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
    forgone: Decimal = Decimal(0)
    """Income not earned while it takes."""
    opens: tuple[Opportunity, ...] = ()
    """What is open now and takes nothing more after this step; the best paid of them in the plan's currency first."""
    opens_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps to a goal. Where it is not reachable: as far as they lead, what is missing, and why."""

    goal: Goal
    reachable: bool
    explanation: str
    steps: tuple[Step, ...]
    missing: tuple[SkillId, ...]
    currency: str
    nearer: tuple[Occupation, ...] = ()
    """Goals that are nearer: jobs on the way, or, when the goal is out of reach, what is within it."""
    objective: float | None = None
    """What is minimized: money, hours, learning at work, changes of job and field, in the currency."""
    bound: float | None = None
    """No plan has a lower objective."""

    @property
    def forgone(self) -> Decimal:
        """Income not earned in all steps."""
        return sum((each.forgone for each in self.steps), Decimal(0))

    @property
    def hours(self) -> int:
        """Hours of all steps: training, and paid work on the way."""
        return sum(each.hours for each in self.steps)

    @property
    def cost(self) -> Decimal:
        """Money that all steps cost."""
        return sum((each.cost for each in self.steps), Decimal(0))


ZONE_BY_MAJOR_GROUP = {"0": 3, "1": 4, "2": 4, "3": 3, "4": 2, "5": 2, "6": 2, "7": 3, "8": 2, "9": 1}


def zone_of(occupation: Occupation) -> int:
    """Return how much preparation an occupation takes, from 1 to 5."""
    return occupation.job_zone or ZONE_BY_MAJOR_GROUP.get(occupation.isco[:1], 3)


WORK_SHARE = 0.2
MOST_AT_WORK = 8


def learnable_at_work(skills: int) -> int:
    """Return how many of an occupation's essential skills may be missing when one starts in it: a fifth, at most 8."""
    return min(MOST_AT_WORK, int(skills * WORK_SHARE))


def entry_skills(graph: SkillGraph, occupation: OccupationId) -> frozenset[SkillId]:
    """Return what one must be able to do to enter an occupation: what is essential, or all where nothing is."""
    return graph.essential(occupation) or graph.optional(occupation)


def goal_of(graph: SkillGraph, target: Occupation | Opportunity | EntryBar) -> Goal:
    """Return the goal that a target stands for. An opportunity tolerates no missing requirement."""
    if isinstance(target, EntryBar):
        wanted = entry_skills(graph, target.occupation)
        return Goal(
            occupation=graph.occupations[target.occupation],
            entry=target,
            wanted=wanted | target.requires,
            tolerance=learnable_at_work(len(wanted)),
        )
    if isinstance(target, Opportunity):
        occupation = graph.occupations[target.occupation]
        return Goal(occupation=occupation, opportunity=target, wanted=target.required, tolerance=0)
    wanted = entry_skills(graph, target.id)
    return Goal(occupation=target, wanted=wanted, tolerance=learnable_at_work(len(wanted)))
