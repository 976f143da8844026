"""The integer program of a cover. With x_p = 1 when programme p is taken, u_s = 1 when skill s stays uncovered, y_r = 1
when prerequisite r is there:

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

Solved by HiGHS through `scipy.optimize`: `solve` in whole programmes, `relax` in parts of them, which bounds it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp  # type: ignore[import-untyped]
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from graph.model import SkillId, Training
from graph.pathways.task import Cover, Task

SOLVER_SECONDS = 2.0
MAX_ROUNDS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """What a cover costs at least, and how much more one costs at least that has a programme, for each of them."""

    least: float
    more: np.ndarray


class Program:
    """The program of some programmes for a task. `solve` adds cuts as they are needed."""

    def __init__(self, offered: Sequence[Training], task: Task) -> None:
        self._offered, self._task = offered, task
        missing = sorted(task.missing)
        prerequisites = sorted({skill for each in offered for skill in each.requires - task.held})
        after = len(offered) + len(missing)
        self._costs = np.zeros(after + len(prerequisites))
        self._costs[: len(offered)] = [task.price_of(each) for each in offered]
        self._costs[len(offered) : after] = task.left_price
        self._rows: list[int] = []
        self._columns: list[int] = []
        self._values: list[float] = []
        self._most: list[float] = []
        self._teaching: dict[SkillId, list[int]] = defaultdict(list)
        for p, each in enumerate(offered):
            for skill in each.teaches:
                self._teaching[skill].append(p)
        self._ask(missing, len(offered))
        self._order({skill: after + place for place, skill in enumerate(prerequisites)})

    def _ask(self, missing: Sequence[SkillId], uncovered: int) -> None:
        """Ask for the missing skills, whose u begin at `uncovered`, the licence, the limits, and something new."""
        for u, skill in enumerate(missing, uncovered):
            self._at_least(1, [*((p, 1.0) for p in self._teaching.get(skill, ())), (u, 1.0)])
        self._at_most(self._task.tolerance, [(u, 1.0) for u, _ in enumerate(missing, uncovered)])
        licence = self._task.licence
        if licence is not None:
            self._at_least(1, [(p, 1.0) for p, each in enumerate(self._offered) if licence in each.licenses])
        for limit, measure in self._task.limits.of(self._offered):
            self._at_most(limit, enumerate(measure))
        for seen in self._task.exclude:
            inside = [p for p, each in enumerate(self._offered) if each.id in seen]
            if len(inside) == len(seen):
                self._at_most(len(inside) - 1, [(p, 1.0) for p in inside])

    def _order(self, there: dict[SkillId, int]) -> None:
        """Ask for prerequisites, whose y are at `there`."""
        for skill, y in there.items():
            self._at_least(0, [*((q, 1.0) for q in self._teaching.get(skill, ())), (y, -1.0)])
        for p, programme in enumerate(self._offered):
            for skill in sorted(programme.requires - self._task.held):
                self._at_least(0, [(there[skill], 1.0), (p, -1.0)])

    def _at_least(self, least: float, terms: Iterable[tuple[int, float]]) -> None:
        self._at_most(-least, ((column, -value) for column, value in terms))

    def _at_most(self, most: float, terms: Iterable[tuple[int, float]]) -> None:
        for column, value in terms:
            self._rows.append(len(self._most))
            self._columns.append(column)
            self._values.append(value)
        self._most.append(most)

    @property
    def _matrix(self) -> csr_array:
        return csr_array((self._values, (self._rows, self._columns)), shape=(len(self._most), len(self._costs)))

    def relax(self) -> Relaxation | None:
        """Bound all covers by those of parts of programmes; None when there is not even one of those."""
        count = len(self._offered)
        if not count:
            return Relaxation(least=0.0, more=np.zeros(0))
        found = linprog(self._costs, A_ub=self._matrix, b_ub=self._most, bounds=(0, 1), method="highs")
        if found.status == 2:
            return None
        if found.status != 0:  # nothing is known, and nothing left out
            return Relaxation(least=0.0, more=np.zeros(count))
        return Relaxation(least=float(found.fun), more=np.asarray(found.lower.marginals[:count]))

    def solve(self) -> Cover | None:
        """Return the cheapest cover, or the best that was found in time; None when there is none."""
        task = self._task
        if not self._offered:
            return None if task.licence is not None or len(task.missing) > task.tolerance else _nothing(task)
        for _ in range(MAX_ROUNDS):
            solved = self._minimize()
            if solved is None:
                return None
            chosen, bound = solved
            ordered, stuck = _in_order([self._offered[p] for p in chosen], task.held)
            if not stuck:
                return self._cover(ordered, bound)
            self._cut(chosen, ordered, stuck)
        return None

    def _minimize(self) -> tuple[list[int], float] | None:
        """Return the programmes taken in the best solution found and a lower bound of any; None when there is none."""
        found = milp(
            self._costs,
            integrality=np.ones(len(self._costs)),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(self._matrix, ub=self._most),
            options={"time_limit": SOLVER_SECONDS, "mip_rel_gap": 0.0},
        )
        if found.x is None:
            return None
        bound = float(found.mip_dual_bound if found.mip_dual_bound is not None else 0.0)
        return np.flatnonzero(found.x[: len(self._offered)] > 0.5).tolist(), bound

    def _cut(self, chosen: Sequence[int], begun: Sequence[Training], stuck: Sequence[Training]) -> None:
        known = self._task.held.union(*(each.teaches for each in begun))
        lacking = {min(each.requires - known) for each in stuck}
        circle = {each.id for each in stuck}
        outside = {q for skill in lacking for q in self._teaching.get(skill, ()) if self._offered[q].id not in circle}
        for p in chosen:
            if self._offered[p].id in circle:
                self._at_least(0, [*((q, 1.0) for q in sorted(outside)), (p, -1.0)])

    def _cover(self, ordered: tuple[Training, ...], bound: float) -> Cover:
        task = self._task
        uncovered = task.missing - frozenset(skill for each in ordered for skill in each.teaches)
        value = sum(map(task.price_of, ordered)) + task.left_price * len(uncovered)
        return Cover(programmes=ordered, uncovered=uncovered, objective=value, bound=min(value, bound))


def _nothing(task: Task) -> Cover:
    value = task.left_price * len(task.missing)
    return Cover(programmes=(), uncovered=task.missing, objective=value, bound=value)


def _in_order(taken: Sequence[Training], held: frozenset[SkillId]) -> tuple[tuple[Training, ...], list[Training]]:
    """Return what can be begun, in an order in which it can, and what cannot."""
    ordered: list[Training] = []
    known, rest = set(held), sorted(taken, key=lambda each: (each.hours, each.id))
    while following := next((each for each in rest if each.requires <= known), None):
        rest.remove(following)
        ordered.append(following)
        known |= following.teaches
    return tuple(ordered), rest
