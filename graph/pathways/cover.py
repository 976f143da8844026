"""Choosing programmes: the cheapest set that covers what is missing, prerequisites first: an integer program.

With x_p = 1 when programme p is taken, u_s = 1 when skill s stays uncovered, y_r = 1 when prerequisite r is there:

    minimize   Σ x_p (cost_p + value of hours_p) + Σ u_s · value of learning s at work
    subject to Σ_{p teaches s} x_p + u_s ≥ 1            for each missing skill s
               Σ u_s ≤ tolerance
               Σ_{q teaches r} x_q ≥ y_r ≥ x_p          for each prerequisite r of p that is not held
               Σ_{p licenses o} x_p ≥ 1                 when a licence is needed
               Σ cost, Σ hours within the limits; no set that was found before is inside

That admits circles: programmes that ask for one another. When a solution has a set U that cannot be begun, each u in U
lacks a prerequisite r_u that nothing outside U, among what is taken, teaches. In any order whichever of U comes first
has its r_u from outside, so a cut is added and the program solved again:

               Σ_{q not in U, q teaches some r_u} x_q ≥ x_u     for each u in U

Exact; solved by HiGHS through `scipy.optimize.milp`. Of many programmes most are left out before (`narrowing`), which
is exact as well: a cover of programmes that can be begun at once tells what a better one may cost. A search that runs
out of time (`SOLVER_SECONDS`) gives its best solution with the bound that it has proved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from graph.model import OccupationId, SkillId, Training, TrainingId
from graph.pathways.narrowing import SLACK, Excess, narrow
from graph.pathways.worth import HOUR_VALUE

LEARNING_AT_WORK = 120.0
"""What it costs to learn one skill at work, in EUR: ten hours. `worth` says what it is in another currency."""

STAFFED = 300.0
"""What an on-ramp is worth, likewise: its graduates need not look for work."""

SOLVER_SECONDS = 2.0
MAX_ROUNDS = 50
NARROWED_FROM = 60
"""So many programmes that can matter are narrowed to those of a better cover before they are solved."""
INFINITE = float("inf")


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


def cheapest_cover(
    programmes: Sequence[Training],
    *,
    held: frozenset[SkillId],
    wanted: frozenset[SkillId],
    tolerance: int,
    licence: OccupationId | None = None,
    goal: OccupationId | None = None,
    limits: Limits,
    exclude: Iterable[frozenset[TrainingId]] = (),
    hour_value: float = HOUR_VALUE,
    scale: float = 1.0,
) -> Cover | None:
    """Return the cheapest way to have all but `tolerance` of the wanted skills, None when there is none.

    `licence` is the occupation that a programme must license for; `goal` the one that an on-ramp is welcome to. No set
    of `exclude` is taken again, alone or with others. `hour_value` and `scale` are of the currency (`worth`).
    """
    task = _Task(
        held=held,
        missing=tuple(sorted(wanted - held)),
        tolerance=tolerance,
        licence=licence,
        goal=goal,
        hour_value=hour_value,
        scale=scale,
    )
    seen = list(exclude)
    if frozenset() in seen:
        return None
    offered = _useful(programmes, held, frozenset(task.missing), licence)
    if len(offered) <= NARROWED_FROM:
        return _solve(offered, task, limits, seen)
    return _solve_narrowed(offered, task, limits, seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    held: frozenset[SkillId]
    missing: tuple[SkillId, ...]
    tolerance: int
    licence: OccupationId | None
    goal: OccupationId | None
    hour_value: float
    scale: float

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
        taught: frozenset[str] = programme.teaches.intersection(self.missing)
        return taught | {self.licence} if self.licence in programme.licenses and self.licence is not None else taught


def _solve_narrowed(
    offered: Sequence[Training], task: _Task, limits: Limits, exclude: Sequence[frozenset[TrainingId]]
) -> Cover | None:
    """Find a good cover of few programmes, leave out all that cannot be in a better one, and solve what is left."""
    excess = _excess(offered, task, [task.price_of(each) for each in offered], left_price=task.left_price)
    if not excess.is_possible:
        return None
    first = _solve([offered[p] for p in _promising(offered, excess, task.held)], task, limits, exclude)
    if first is None:
        return None if _is_beyond(offered, task, limits) else _solve(offered, task, limits, exclude)
    best = _solve([offered[p] for p in narrow(offered, excess, task.held, first.objective)], task, limits, exclude)
    if best is None or best.objective > first.objective:
        return replace(first, bound=excess.least if best is None else min(best.bound, first.objective))
    return best


def _is_beyond(offered: Sequence[Training], task: _Task, limits: Limits) -> bool:
    """Whether no cover can keep a limit, even if prerequisites were free and programmes could be taken in part."""
    measures = (
        (limits.cost, [float(each.cost) for each in offered]),
        (limits.hours, [float(each.hours) for each in offered]),
    )
    return any(
        limit is not None and _excess(offered, task, measure, left_price=0.0).least > float(limit) + SLACK
        for limit, measure in measures
    )


def _excess(offered: Sequence[Training], task: _Task, prices: Sequence[float], *, left_price: float) -> Excess:
    return Excess(
        offered,
        prices,
        task.asked_of,
        missing=task.missing,
        must=[] if task.licence is None else [task.licence],
        left_price=left_price,
        tolerance=task.tolerance,
    )


def _promising(offered: Sequence[Training], excess: Excess, held: frozenset[SkillId]) -> list[int]:
    """Return, for each set of what is asked for, the programme with the least excess that can be begun at once."""
    best: dict[frozenset[str], int] = {}
    for p, each in enumerate(offered):
        asked = excess.asked[p]
        if asked and each.requires <= held and (asked not in best or excess.of[p] < excess.of[best[asked]]):
            best[asked] = p
    return sorted(best.values())


def _solve(
    offered: Sequence[Training], task: _Task, limits: Limits, exclude: Sequence[frozenset[TrainingId]]
) -> Cover | None:
    held, missing, licence = task.held, task.missing, task.licence
    if not offered:
        return None if licence is not None or len(missing) > task.tolerance else _nothing(task)
    model = _Model(offered, task)
    teaching = _teaching(offered)
    for skill in missing:
        model.add(1, INFINITE, [*((p, 1.0) for p in teaching.get(skill, ())), (model.uncovered(skill), 1.0)])
    model.add(-INFINITE, task.tolerance, [(model.uncovered(skill), 1.0) for skill in missing])
    for skill in model.asked:
        model.add(0, INFINITE, [*((q, 1.0) for q in teaching.get(skill, ())), (model.available(skill), -1.0)])
    for p, programme in enumerate(offered):
        for skill in sorted(programme.requires - held):
            model.add(0, INFINITE, [(model.available(skill), 1.0), (p, -1.0)])
    if licence is not None:
        model.add(1, INFINITE, [(p, 1.0) for p, each in enumerate(offered) if licence in each.licenses])
    if limits.cost is not None:
        model.add(-INFINITE, float(limits.cost), [(p, float(each.cost)) for p, each in enumerate(offered)])
    if limits.hours is not None:
        model.add(-INFINITE, limits.hours, [(p, float(each.hours)) for p, each in enumerate(offered)])
    for seen in exclude:
        inside = [p for p, each in enumerate(offered) if each.id in seen]
        if len(inside) == len(seen):
            model.add(-INFINITE, len(inside) - 1, [(p, 1.0) for p in inside])
    for _ in range(MAX_ROUNDS):
        solved = model.solve()
        if solved is None:
            return None
        chosen, bound = solved
        taken = [offered[p] for p in chosen]
        ordered, stuck = _in_order(taken, held)
        if not stuck:
            break
        known = held.union(*(each.teaches for each in ordered))
        lacking = {min(each.requires - known) for each in stuck}
        circle = {each.id for each in stuck}
        outside = {q for skill in lacking for q in teaching.get(skill, ()) if offered[q].id not in circle}
        for p in chosen:
            if offered[p].id in circle:
                model.add(0, INFINITE, [*((q, 1.0) for q in sorted(outside)), (p, -1.0)])
    else:
        return None
    uncovered = frozenset(missing) - frozenset(skill for each in ordered for skill in each.teaches)
    value = sum(map(task.price_of, ordered)) + task.left_price * len(uncovered)
    return Cover(programmes=ordered, uncovered=uncovered, objective=value, bound=min(value, bound))


def _nothing(task: _Task) -> Cover:
    value = task.left_price * len(task.missing)
    return Cover(programmes=(), uncovered=frozenset(task.missing), objective=value, bound=value)


class _Model:
    """Variables: x for each programme, u for each missing skill, y for each prerequisite; rows as they are added."""

    def __init__(self, offered: Sequence[Training], task: _Task) -> None:
        missing = task.missing
        self.asked = sorted({skill for each in offered for skill in each.requires - task.held})
        self._uncovered = {skill: len(offered) + place for place, skill in enumerate(missing)}
        after = len(offered) + len(missing)
        self._available = {skill: after + place for place, skill in enumerate(self.asked)}
        self._programmes = len(offered)
        self._costs = np.zeros(after + len(self.asked))
        self._costs[: len(offered)] = [task.price_of(each) for each in offered]
        self._costs[len(offered) : after] = task.left_price
        self._rows: list[int] = []
        self._columns: list[int] = []
        self._values: list[float] = []
        self._low: list[float] = []
        self._high: list[float] = []

    def uncovered(self, skill: SkillId) -> int:
        """Return the variable u of a missing skill."""
        return self._uncovered[skill]

    def available(self, skill: SkillId) -> int:
        """Return the variable y of a prerequisite."""
        return self._available[skill]

    def add(self, low: float, high: float, terms: Iterable[tuple[int, float]]) -> None:
        """Add low ≤ Σ terms ≤ high."""
        for column, value in terms:
            self._rows.append(len(self._low))
            self._columns.append(column)
            self._values.append(value)
        self._low.append(low)
        self._high.append(high)

    def solve(self) -> tuple[list[int], float] | None:
        """Return the programmes taken in the best solution found and a lower bound of any; None when there is none."""
        matrix = csr_array((self._values, (self._rows, self._columns)), shape=(len(self._low), len(self._costs)))
        found = milp(
            self._costs,
            integrality=np.ones(len(self._costs)),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(matrix, self._low, self._high),
            options={"time_limit": SOLVER_SECONDS},
        )
        if found.x is None:
            return None
        bound = float(found.mip_dual_bound if found.mip_dual_bound is not None else 0.0)
        return np.flatnonzero(found.x[: self._programmes] > 0.5).tolist(), bound


def _useful(
    programmes: Sequence[Training], held: frozenset[SkillId], missing: frozenset[SkillId], licence: OccupationId | None
) -> list[Training]:
    """Return the programmes that can matter: they teach or license what is asked, or what such a programme asks for."""
    wanted, chosen, rest = set(missing), list[Training](), list(programmes)
    while True:
        found, others = list[Training](), list[Training]()
        for each in rest:
            (others if wanted.isdisjoint(each.teaches) and licence not in each.licenses else found).append(each)
        if not found:
            return sorted(chosen, key=lambda each: each.id)
        chosen += found
        rest = others
        wanted |= {skill for each in found for skill in each.requires - held}


def _teaching(offered: Sequence[Training]) -> Mapping[SkillId, list[int]]:
    found: dict[SkillId, list[int]] = {}
    for p, each in enumerate(offered):
        for skill in each.teaches:
            found.setdefault(skill, []).append(p)
    return found


def _in_order(taken: Sequence[Training], held: frozenset[SkillId]) -> tuple[tuple[Training, ...], list[Training]]:
    """Return what can be begun, in an order in which it can, and what cannot."""
    ordered: list[Training] = []
    known, rest = set(held), sorted(taken, key=lambda each: (each.hours, each.id))
    while following := next((each for each in rest if each.requires <= known), None):
        rest.remove(following)
        ordered.append(following)
        known |= following.teaches
    return tuple(ordered), rest
