"""Choosing programmes: the cheapest set that covers what is missing, prerequisites first. Exact.

Few programmes are solved as they are (`program`). Of many, most are left out before, which is exact as well:

1. A linear program without prerequisites bounds every cover and prices each programme (`narrowing`); a cover of some
   programmes that can be begun at once tells what a better one may cost, and so which programmes can be in one.
   Where no such cover is found, those are left out that the limits leave no room for, or that can never be begun.
2. The relaxation of the whole program, prerequisites and limits with it, bounds much closer, and a good cover is among
   the programmes that are next to what it takes. What that cover costs leaves out nearly all others.

A search that runs out of time (`program.SOLVER_SECONDS`) gives its best solution with the bound that it has proved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from heapq import nsmallest

import numpy as np

from graph.model import Training
from graph.pathways.narrowing import SLACK, Excess, least_excess, least_strain, narrow
from graph.pathways.program import Program
from graph.pathways.task import Cover, Task

NARROWED_FROM = 60
"""So many programmes that can matter are narrowed to those of a better cover before they are solved."""
FEW = 120
"""So many programmes are tried for a cover that tells what a better one may cost."""


def cheapest_cover(programmes: Sequence[Training], task: Task) -> Cover | None:
    """Return the cheapest way to do a task, None when there is none."""
    if frozenset() in task.exclude:
        return None
    offered = _useful(programmes, task)
    if len(offered) <= NARROWED_FROM:
        return Program(offered, task).solve()
    return _cheapest_of_many(offered, task)


def programmes_near(programmes: Sequence[Training], task: Task, known: float) -> list[Training]:
    """Return the programmes that can be in a cover with an objective of `known` or less. The task has no limits.

    Where such a cover is looked for several times, it is found sooner among these.
    """
    offered = _useful(programmes, task)
    excess = least_excess(offered, task)
    return [] if excess is None else narrow(offered, excess, task.held, known)


def _cheapest_of_many(offered: Sequence[Training], task: Task) -> Cover | None:
    """Leave out what cannot be in a cover, or in a better one than the first that is found, and solve the rest."""
    excess = least_excess(offered, task)
    if excess is None:
        return None
    first = Program([offered[p] for p in _promising(offered, excess, task)], task).solve()
    if first is not None:
        return _cheapest_near(narrow(offered, excess, task.held, first.objective), task, first)
    strain = least_strain(offered, task)
    if strain is None:
        return None
    return _cheapest_near(narrow(offered, strain, task.held, 1.0), task, None)


def _cheapest_near(offered: Sequence[Training], task: Task, known: Cover | None) -> Cover | None:
    """Solve the programmes that can be in a cover no dearer than the known one: first those next to the relaxation."""
    relaxed = Program(offered, task).relax()
    if relaxed is None:
        return known
    nearest, most = np.argsort(relaxed.more, kind="stable"), FEW
    while True:
        if known is not None:
            nearest = nearest[relaxed.more[nearest] <= known.objective - relaxed.least + SLACK]
        found = Program([offered[p] for p in sorted(nearest[:most])], task).solve()
        if found is not None and (known is None or found.objective <= known.objective):
            known = found
        if len(nearest) <= most:
            break
        if known is not None and relaxed.more[nearest[most]] > known.objective - relaxed.least + SLACK:
            break
        most *= 4
    if known is None:
        return None
    return replace(known, bound=min(known.objective, relaxed.least if found is None else found.bound))


def _promising(offered: Sequence[Training], excess: Excess, task: Task) -> list[int]:
    """Return, for each set of what is asked for, the programmes with the least excess that can be begun at once."""
    best = defaultdict[frozenset[str], list[tuple[float, int]]](list)
    for p, each in enumerate(offered):
        if excess.asked[p] and each.requires <= task.held:
            best[excess.asked[p]].append((excess.of[p], p))
    most = max(1, FEW // max(1, len(best)))
    return sorted(p for each in best.values() for _, p in nsmallest(most, each))


def _useful(programmes: Sequence[Training], task: Task) -> list[Training]:
    """Return the programmes that can matter: they teach or license what is asked, or what such a programme asks for."""
    wanted, chosen, rest = set(task.missing), list[Training](), list(programmes)
    while True:
        found, others = list[Training](), list[Training]()
        for each in rest:
            (others if wanted.isdisjoint(each.teaches) and task.licence not in each.licenses else found).append(each)
        if not found:
            return sorted(chosen, key=lambda each: each.id)
        chosen += found
        rest = others
        wanted |= {skill for each in found for skill in each.requires - task.held}
