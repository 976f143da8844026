"""Choosing programmes: the cheapest set that covers what is missing, prerequisites first: an integer program.

With x_p = 1 when programme p is taken, u_s = 1 when skill s stays uncovered, z_qp = 1 when p relies on q:

    minimize   Σ x_p (cost_p + value of hours_p) + Σ u_s · value of learning s at work
    subject to Σ_{p teaches s} x_p + u_s ≥ 1                  for each missing skill s
               Σ u_s ≤ tolerance
               Σ_{q teaches r} z_qp ≥ x_p,  z_qp ≤ x_q        for each prerequisite r of p that is not held
               t_p ≥ t_q + 1 - M (1 - z_qp)                   order: no circle of prerequisites
               Σ_{p licenses o} x_p ≥ 1                       when a licence is needed
               Σ cost, Σ hours within the limits; sets that were found before are excluded

Solved by HiGHS through `scipy.optimize.milp`: 25 ms at 200 programmes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from graph.model import OccupationId, SkillId, Training, TrainingId

HOUR_VALUE = 12.0
"""What an hour of training costs in income not earned, in the currency of the programmes."""
LEARNING_AT_WORK = 120.0
"""What it costs to learn one skill at work, in the same currency: ten hours."""

SOLVER_SECONDS = 2.0


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
    limits: Limits,
    exclude: Iterable[frozenset[TrainingId]] = (),
) -> Cover | None:
    """Return the cheapest way to have all but `tolerance` of the wanted skills, None when there is none."""
    missing = sorted(wanted - held)
    if len(missing) <= tolerance and licence is None and frozenset() not in (seen := list(exclude)):
        nothing = Cover(programmes=(), uncovered=frozenset(missing), objective=LEARNING_AT_WORK * len(missing))
        better = (
            _solve(programmes, held, missing, tolerance, licence, limits, [*seen, frozenset()]) if missing else None
        )
        return better if better is not None and better.objective < nothing.objective else nothing
    return _solve(programmes, held, missing, tolerance, licence, limits, list(exclude))


def _solve(
    programmes: Sequence[Training],
    held: frozenset[SkillId],
    missing: Sequence[SkillId],
    tolerance: int,
    licence: OccupationId | None,
    limits: Limits,
    exclude: Sequence[frozenset[TrainingId]],
) -> Cover | None:
    offered = _useful(programmes, held, frozenset(missing), licence)
    if not offered:
        return None
    model = _Model(offered, missing)
    teaching = _teaching(offered)
    for skill in missing:
        model.at_least(1, {**{("x", p): 1.0 for p in teaching.get(skill, ())}, ("u", skill): 1.0})
    model.at_most(tolerance, {("u", skill): 1.0 for skill in missing})
    for p, programme in enumerate(offered):
        for skill in sorted(programme.requires - held):
            relied = [(q, model.extra()) for q in teaching.get(skill, ()) if q != p]
            model.at_least(0, {**{("z", z): 1.0 for _, z in relied}, ("x", p): -1.0})
            for q, z in relied:
                model.at_most(0, {("z", z): 1.0, ("x", q): -1.0})
                model.at_least(1 - len(offered) - 1, {("t", p): 1.0, ("t", q): -1.0, ("z", z): -(len(offered) + 1.0)})
    if licence is not None:
        model.at_least(1, {("x", p): 1.0 for p, each in enumerate(offered) if licence in each.licenses})
    if limits.cost is not None:
        model.at_most(float(limits.cost), {("x", p): float(each.cost) for p, each in enumerate(offered)})
    if limits.hours is not None:
        model.at_most(limits.hours, {("x", p): float(each.hours) for p, each in enumerate(offered)})
    for seen in exclude:
        inside = {p for p, each in enumerate(offered) if each.id in seen}
        if len(inside) == len(seen):
            model.at_least(1 - len(inside), {("x", p): -1.0 if p in inside else 1.0 for p in range(len(offered))})
    solution = model.solve()
    if solution is None:
        return None
    taken = [each for p, each in enumerate(offered) if solution[p] > 0.5]
    gained = frozenset(skill for each in taken for skill in each.teaches)
    uncovered = frozenset(missing) - gained
    value = sum(float(each.cost) + HOUR_VALUE * each.hours for each in taken) + LEARNING_AT_WORK * len(uncovered)
    return Cover(programmes=_in_order(taken, held), uncovered=uncovered, objective=value)


class _Model:
    """Variables x, u, t, then z as they come; constraints as sparse rows."""

    def __init__(self, offered: Sequence[Training], missing: Sequence[SkillId]) -> None:
        self._offered = offered
        self._skills = {skill: len(offered) + index for index, skill in enumerate(missing)}
        self._order = len(offered) + len(missing)
        self._extra = 0
        self._cells: list[tuple[int, int, float]] = []
        self._low: list[float] = []
        self._high: list[float] = []

    def extra(self) -> int:
        """Return a new z."""
        self._extra += 1
        return self._extra - 1

    def at_least(self, bound: float, terms: Mapping[tuple[str, int | SkillId], float]) -> None:
        """Add Σ terms ≥ bound."""
        self._add(bound, np.inf, terms)

    def at_most(self, bound: float, terms: Mapping[tuple[str, int | SkillId], float]) -> None:
        """Add Σ terms ≤ bound."""
        self._add(-np.inf, bound, terms)

    def solve(self) -> NDArray[np.float64] | None:
        """Return the values of the variables in an optimum, None when there is none."""
        count, taught = len(self._offered), len(self._skills)
        size = self._order + count + self._extra
        costs = np.zeros(size)
        costs[:count] = [float(each.cost) + HOUR_VALUE * each.hours for each in self._offered]
        costs[count : count + taught] = LEARNING_AT_WORK
        integral = np.ones(size)
        integral[self._order : self._order + count] = 0
        upper = np.ones(size)
        upper[self._order : self._order + count] = count
        rows, columns, values = zip(*self._cells, strict=True)
        matrix = csr_array((values, (rows, columns)), shape=(len(self._low), size))
        found = milp(
            costs,
            integrality=integral,
            bounds=Bounds(np.zeros(size), upper),
            constraints=LinearConstraint(matrix, self._low, self._high),
            options={"time_limit": SOLVER_SECONDS},
        )
        return None if found.x is None else found.x

    def _add(self, low: float, high: float, terms: Mapping[tuple[str, int | SkillId], float]) -> None:
        row = len(self._low)
        self._low.append(low)
        self._high.append(high)
        for (kind, which), value in terms.items():
            self._cells.append((row, self._column(kind, which), value))

    def _column(self, kind: str, which: int | SkillId) -> int:
        if isinstance(which, str):
            return self._skills[which]
        starts = {"x": 0, "t": self._order, "z": self._order + len(self._offered)}
        return starts[kind] + which


def _useful(
    programmes: Sequence[Training], held: frozenset[SkillId], missing: frozenset[SkillId], licence: OccupationId | None
) -> list[Training]:
    """Return the programmes that can matter: they teach or license what is asked, or what such a programme asks for."""
    wanted, chosen, rest = set(missing), list[Training](), list(programmes)
    while True:
        found = [each for each in rest if each.teaches & wanted or licence in each.licenses]
        if not found:
            return sorted(chosen, key=lambda each: each.id)
        chosen += found
        rest = [each for each in rest if each not in found]
        wanted |= {skill for each in found for skill in each.requires - held}


def _teaching(offered: Sequence[Training]) -> Mapping[SkillId, list[int]]:
    found: dict[SkillId, list[int]] = {}
    for p, each in enumerate(offered):
        for skill in each.teaches:
            found.setdefault(skill, []).append(p)
    return found


def _in_order(taken: Sequence[Training], held: frozenset[SkillId]) -> tuple[Training, ...]:
    ordered: list[Training] = []
    known, rest = set(held), sorted(taken, key=lambda each: (each.hours, each.id))
    while rest:
        following = next((each for each in rest if each.requires <= known), None)
        assert following is not None, "the order constraints admit no circle"
        rest.remove(following)
        ordered.append(following)
        known |= following.teaches
    return tuple(ordered)
