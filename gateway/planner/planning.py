"""`plan`: search, emit, project."""

from __future__ import annotations

from gateway.planner.emit import emit
from gateway.planner.nodes import QueryPlan
from gateway.planner.operation import Operation
from gateway.planner.options import PlannerOptions
from gateway.planner.projection import project
from gateway.planner.search import search
from gateway.planner.supergraph import Supergraph
from gateway.planner.view import View

_DEFAULT = PlannerOptions()


def plan(supergraph: Supergraph, operation: Operation, options: PlannerOptions = _DEFAULT) -> QueryPlan:
    """Plan `operation` (normalized, and filtered by `authorize` if at all).

    Raises `PlanError`: `PLAN_NOT_FOUND`, `PLAN_LIMIT_EXCEEDED`.
    """
    view = _view(supergraph, options)
    walk, batches = search(view, operation)
    return QueryPlan(
        kind=operation.kind,
        root_type=operation.root_type,
        fetches=emit(view, operation, batches),
        projection=project(view, operation, walk.root),
        introspection=operation.introspection,
    )


def _view(supergraph: Supergraph, options: PlannerOptions) -> View:
    """Return the supergraph's view for `options`, made once."""
    view = supergraph.cache.get(options)
    if not isinstance(view, View):
        view = View(supergraph, options)
        supergraph.cache[options] = view
    return view
