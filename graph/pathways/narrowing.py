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
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]
from scipy.sparse import csr_array  # type: ignore[import-untyped]

from graph.model import SkillId, Training

SLACK = 1e-4
"""What rounding may have cost: so much more is still kept."""

Asked = frozenset[str]
"""What a programme teaches of the missing skills, and the licence it leads to."""


class Excess:
    """The least that a cover costs, and how much each programme adds to that at least."""

    def __init__(
        self,
        offered: Sequence[Training],
        prices: Sequence[float],
        asked_of: Callable[[Training], Asked],
        *,
        missing: Sequence[SkillId],
        must: Sequence[str],
        left_price: float,
        tolerance: int,
    ) -> None:
        """`must` are asked for without exception; at most `tolerance` of `missing` may be left at `left_price`."""
        self.asked = [asked_of(each) for each in offered]
        cheapest: dict[Asked, float] = {}
        for asked, price in zip(self.asked, prices, strict=True):
            if asked:
                cheapest[asked] = min(price, cheapest.get(asked, price))
        columns = sorted(cheapest, key=sorted)
        row = {each: place for place, each in enumerate([*missing, *must])}
        cells = [(row[each], column, -1.0) for column, asked in enumerate(columns) for each in asked]
        cells += [(place, len(columns) + place, -1.0) for place in range(len(missing))]
        cells += [(len(row), len(columns) + place, 1.0) for place in range(len(missing))]
        at, columns_at, values = zip(*cells, strict=True) if cells else ((), (), ())
        found = linprog(
            [*(cheapest[each] for each in columns), *(left_price for _ in missing)],
            A_ub=csr_array((values, (at, columns_at)), shape=(len(row) + 1, len(columns) + len(missing))),
            b_ub=[*(-1.0 for _ in row), float(tolerance)],
            method="highs",
        )
        self.is_possible = found.status == 0
        """Whether all that is asked for is taught."""
        if not self.is_possible:
            return
        self.least = float(found.fun)
        worth = -np.asarray(found.ineqlin.marginals)
        price_of = {each: float(worth[place]) for each, place in row.items()}
        self.of = [
            max(0.0, price - sum(price_of[each] for each in asked))
            for price, asked in zip(prices, self.asked, strict=True)
        ]


def narrow(offered: Sequence[Training], excess: Excess, held: frozenset[SkillId], known: float) -> list[int]:
    """Return the places of the programmes that can be in a cover that costs `known` or less."""
    spare = known - excess.least + SLACK
    before = _before(offered, excess, held, spare)
    after = _after(offered, excess, held, spare, before)
    return [p for p in sorted(after) if before[p] + after[p] <= spare]


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
