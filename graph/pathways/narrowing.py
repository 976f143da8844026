"""Which programmes can be part of a cover that costs no more than one already found: the others are left out, exactly.

Without prerequisites the choice of programmes is a small linear program. Its dual prices what is asked for, π, and
bounds every cover from below: no cover of programmes S costs less than

    least + Σ_{p in S} excess_p        excess_p = price_p - Σ π over what p teaches of what is asked, never negative

When a cover of cost `known` has been found, programmes whose excesses exceed `known - least` together are in no better
one. Whoever takes p takes what p asks for before it, and a programme that teaches nothing asked for is taken only for
one that asks for what it teaches. So along the chain that leads through p,

    before_p = excess_p + max over prerequisites r of the least before_q of those q that teach r
    after_p  = 0 where p teaches what is asked, else the least excess_q + after_q of those q that ask for what p teaches

and p is kept when `before_p + after_p` fits. All programmes of a chain are different ones, since each comes before the
next. Both are shortest paths, which end where they exceed what is left.

Limits are rows of the linear program too, so what they are worth is part of a programme's excess. In the same way
`least_strain` bounds not the cost but the share of the limits that a cover takes (the larger one, where money and hours
are limited): of that, 1 is known from the start, and who needs more is in no cover at all.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import le

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from graph.model import SkillId, Training
from graph.pathways.task import Task

SLACK = 1e-4
"""What rounding may have cost: so much more is still kept."""

Asked = frozenset[str]
"""What a programme teaches of the missing skills, and the licence it leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """The least that a cover takes, and how much each programme adds to that at least."""

    asked: Sequence[Asked]
    least: float
    of: Sequence[float]


def least_excess(offered: Sequence[Training], task: Task) -> Excess | None:
    """Return what covers cost at least; None when there is none, even with prerequisites free and parts taken."""
    return _excess(offered, task, [task.price_of(each) for each in offered], left_price=task.left_price, strain=0.0)


def least_strain(offered: Sequence[Training], task: Task) -> Excess | None:
    """Return the share of the limits that covers take at least; None when that is more than there is."""
    found = _excess(offered, task, [0.0] * len(offered), left_price=0.0, strain=1.0)
    return None if found is None or found.least > 1 + SLACK else found


def _excess(
    offered: Sequence[Training], task: Task, prices: Sequence[float], *, left_price: float, strain: float
) -> Excess | None:
    """Solve the linear program: a column for each programme, each skill that is left, and the share of the limits.

    `strain` is the price of the whole of the limits; without one they are kept.
    """
    asked = [task.asked_of(each) for each in offered]
    missing, limits = sorted(task.missing), task.limits.of(offered)
    row = {each: place for place, each in enumerate([*missing, *([task.licence] if task.licence else [])])}
    columns = _undominated(asked, [prices, *(measure for _, measure in limits)])
    cells = [(row[each], column, -1.0) for column, p in enumerate(columns) for each in asked[p]]
    for left, place in enumerate(range(len(missing)), len(columns)):
        cells += [(place, left, -1.0), (len(row), left, 1.0)]
    share = len(columns) + len(missing)
    for place, (limit, measure) in enumerate(limits, len(row) + 1):
        cells += [(place, column, measure[p]) for column, p in enumerate(columns)]
        if strain:
            cells.append((place, share, -limit))
    at, columns_at, values = zip(*cells, strict=True) if cells else ((), (), ())
    found = linprog(
        [*(prices[p] for p in columns), *(left_price for _ in missing), strain],
        A_ub=csr_array((values, (at, columns_at)), shape=(len(row) + 1 + len(limits), share + 1)),
        b_ub=[*(-1.0 for _ in row), float(task.tolerance), *(0.0 if strain else limit for limit, _ in limits)],
        method="highs",
    )
    if found.status != 0:
        return None
    worth = -np.asarray(found.ineqlin.marginals)
    worth_of = {each: float(worth[place]) for each, place in row.items()}
    of = np.array(prices) - [sum(worth_of[each] for each in asks) if asks else 0.0 for asks in asked]
    for weight, (_, measure) in zip(worth[len(row) + 1 :], limits, strict=True):
        of += weight * np.asarray(measure)
    return Excess(asked=asked, least=float(found.fun), of=np.maximum(0.0, of).tolist())


def _undominated(asked: Sequence[Asked], measures: Sequence[Sequence[float]]) -> list[int]:
    """Return the programmes that teach what is asked for, but those that one which teaches the same is no worse than.

    Better programmes come first, so that what beats a programme has been seen before it.
    """
    best = defaultdict[Asked, list[tuple[float, ...]]](list)
    found = []
    for _, *measured, p in sorted(zip(*measures, range(len(asked)), strict=True)):
        known = best[asked[p]]
        if asked[p] and not any(all(map(le, other, measured)) for other in reversed(known)):
            known.append(tuple(measured))
            found.append(p)
    return found


def narrow(offered: Sequence[Training], excess: Excess, held: frozenset[SkillId], known: float) -> list[Training]:
    """Return the programmes that can be in a cover that takes `known` or less."""
    spare = known - excess.least + SLACK
    before = _before(offered, excess, held, spare)
    after = _after(offered, excess, held, spare, before)
    return [offered[p] for p in sorted(after) if before[p] + after[p] <= spare]


def _before(offered: Sequence[Training], excess: Excess, held: frozenset[SkillId], spare: float) -> Mapping[int, float]:
    lacking, waiting = {}, defaultdict[SkillId, list[int]](list)
    queue: list[tuple[float, int]] = []
    for p, each in enumerate(offered):
        if excess.of[p] > spare:
            continue
        required = each.requires - held
        if required:
            lacking[p] = len(required)
            for skill in required:
                waiting[skill].append(p)
        else:
            queue.append((excess.of[p], p))
    heapq.heapify(queue)
    found: dict[int, float] = {}
    while queue and queue[0][0] <= spare:
        cost, p = heapq.heappop(queue)
        found[p] = cost
        for skill in offered[p].teaches:
            for other in waiting.pop(skill, ()):
                lacking[other] -= 1
                if not lacking[other]:
                    heapq.heappush(queue, (cost + excess.of[other], other))
    return found


def _after(
    offered: Sequence[Training],
    excess: Excess,
    held: frozenset[SkillId],
    spare: float,
    before: Mapping[int, float],
) -> Mapping[int, float]:
    teaching = defaultdict[SkillId, list[int]](list)
    for p in before:
        for skill in offered[p].teaches:
            teaching[skill].append(p)
    queue = [(0.0, p) for p in before if excess.asked[p]]
    heapq.heapify(queue)
    found: dict[int, float] = {}
    while queue and queue[0][0] <= spare:
        cost, p = heapq.heappop(queue)
        if p in found:
            continue
        found[p] = cost
        for skill in offered[p].requires - held:
            for other in teaching.pop(skill, ()):
                heapq.heappush(queue, (cost + excess.of[p], other))
    return found
