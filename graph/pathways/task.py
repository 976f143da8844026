"""What is asked of programmes into one job, and what a choice of them is: `Task`, `Limits`, `Cover`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from graph.model import OccupationId, SkillId, Training, TrainingId
from graph.pathways.worth import HOUR_VALUE

LEARNING_AT_WORK = 120.0
"""What it costs to learn one skill at work, in EUR: ten hours. `worth` says what it is in another currency."""

STAFFED = 300.0
"""What an on-ramp is worth, likewise: its graduates need not look for work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that a plan may cost in money and in hours; None is no limit."""

    cost: Decimal | None = None
    hours: int | None = None

    def minus(self, cost: Decimal, hours: int) -> Limits | None:
        """Return what is left after spending, None when more is spent than there is."""
        left = Limits(
            cost=None if self.cost is None else self.cost - cost,
            hours=None if self.hours is None else self.hours - hours,
        )
        exceeded = (left.cost is not None and left.cost < 0) or (left.hours is not None and left.hours < 0)
        return None if exceeded else left

    def of(self, programmes: Sequence[Training]) -> list[tuple[float, list[float]]]:
        """Return each limit that there is, with what each programme takes of it."""
        found = []
        if self.cost is not None:
            found.append((float(self.cost), [float(each.cost) for each in programmes]))
        if self.hours is not None:
            found.append((float(self.hours), [float(each.hours) for each in programmes]))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What programmes must do: all but `tolerance` of `wanted` is held then, within the limits.

    `licence` is the occupation that one must license for; `goal` the one that an on-ramp is welcome to. No set of
    `exclude` is taken, alone or with others. `hour_value` and `scale` are of the currency (`worth`).
    """

    held: frozenset[SkillId]
    wanted: frozenset[SkillId]
    tolerance: int
    licence: OccupationId | None = None
    goal: OccupationId | None = None
    limits: Limits = Limits()
    exclude: tuple[frozenset[TrainingId], ...] = ()
    hour_value: float = HOUR_VALUE
    scale: float = 1.0
    missing: frozenset[SkillId] = field(init=False, compare=False)
    """What is wanted and not held."""

    def __post_init__(self) -> None:
        """Work out what is missing: it is asked for again with every programme."""
        object.__setattr__(self, "missing", self.wanted - self.held)

    @property
    def left_price(self) -> float:
        """What it costs to learn one skill at work."""
        return LEARNING_AT_WORK * self.scale

    def price_of(self, programme: Training) -> float:
        """Return what a programme costs: money and hours, less what being staffed afterwards is worth."""
        staffed = STAFFED * self.scale if self.goal is not None and self.goal in programme.staffs else 0.0
        return max(0.0, float(programme.cost) + self.hour_value * programme.hours - staffed)

    def asked_of(self, programme: Training) -> frozenset[str]:
        """Return what a programme teaches of what is missing, and the licence when it leads to that."""
        taught: frozenset[str] = self.missing & programme.teaches
        return taught | {self.licence} if self.licence in programme.licenses and self.licence is not None else taught


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Programmes in the order in which they can be taken, what they add, and what stays uncovered."""

    programmes: tuple[Training, ...]
    uncovered: frozenset[SkillId]
    objective: float
    bound: float
    """No cover costs less: the objective itself, but for a search that ran out of time."""

    @property
    def cost(self) -> Decimal:
        """What they cost together."""
        return sum((each.cost for each in self.programmes), Decimal(0))

    @property
    def hours(self) -> int:
        """How long they take together."""
        return sum(each.hours for each in self.programmes)

    @property
    def gained(self) -> frozenset[SkillId]:
        """All that they teach."""
        return frozenset(skill for each in self.programmes for skill in each.teaches)
