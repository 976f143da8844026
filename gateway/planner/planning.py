"""`plan`: search, emit, project."""

from __future__ import annotations

from gateway.planner.draft import Group
from gateway.planner.effort import Effort, Stopwatch
from gateway.planner.emit import emit
from gateway.planner.nodes import DeferredPart, QueryPlan
from gateway.planner.operation import Operation
from gateway.planner.options import PlannerOptions
from gateway.planner.projection import project, project_part
from gateway.planner.schedule import Batch
from gateway.planner.search import search
from gateway.planner.supergraph import Supergraph
from gateway.planner.view import View
from gateway.planner.walk import Walk

_DEFAULT = PlannerOptions()

MAX_VIEWS = 64
"""How many sets of options one supergraph remembers at a time; override labels may differ by request."""


def plan(
    supergraph: Supergraph,
    operation: Operation,
    options: PlannerOptions = _DEFAULT,
    stopwatch: Stopwatch | None = None,
) -> QueryPlan:
    """Plan `operation` (normalized, and filtered by `authorize` if at all).

    `stopwatch` tells the seconds since planning began; without one, the options' time limits do not count.
    Raises `PlanError`: `PLAN_NOT_FOUND`, `PLAN_LIMIT_EXCEEDED`.
    """
    view = _view(supergraph, options)
    walk, batches = search(view, operation, Effort(options, stopwatch))
    return QueryPlan(
        kind=operation.kind,
        root_type=operation.root_type,
        fetches=emit(view, operation, batches),
        projection=project(view, operation, walk.root),
        introspection=operation.introspection,
        deferred=_deferred(view, operation, walk, batches),
    )


def _deferred(view: View, operation: Operation, walk: Walk, batches: list[Batch]) -> tuple[DeferredPart, ...]:
    """Return the parts of the answer that are delivered later."""
    if not walk.deferred:
        return ()
    needed: dict[int, set[int]] = {}
    after: list[set[int]] = []
    numbers: dict[Group, set[int]] = {}
    for number, batch in enumerate(batches):
        for part in batch.parts:
            numbers.setdefault(part.group, set()).add(number)
    for number, batch in enumerate(batches):
        waits = {n for part in batch.parts for dep in part.group.deps for n in numbers[dep]} - {number}
        after.append(waits.union(*(after[n] for n in waits)))
        needed.setdefault(batch.parts[0].group.part, set()).update(after[number] | {number})
    answer = needed.get(0, set())
    parts = sorted(walk.deferred.items(), key=lambda item: (item[0][0], item[0][1].response_path()))
    indices = {part: index for index, ((part, _), _) in reversed(list(enumerate(parts)))}
    return tuple(
        DeferredPart(
            label=operation.deferrals[part - 1].label,
            path=spot.path,
            response_path=spot.response_path(),
            projection=project_part(view, part, spot, cases),
            fetches=frozenset(needed.get(part, set()) - answer),
            parent=indices.get(operation.deferrals[part - 1].within),
            type=spot.static,
        )
        for (part, spot), cases in parts
    )


def _view(supergraph: Supergraph, options: PlannerOptions) -> View:
    """Return the supergraph's view for `options`, made once."""
    views = supergraph.cache.setdefault("views", {})
    assert isinstance(views, dict)
    view = views.get(options)
    if not isinstance(view, View):
        if len(views) >= MAX_VIEWS:
            views.clear()
        view = views[options] = View(supergraph, options)
    return view
