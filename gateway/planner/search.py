"""Compares whole plans: the greedy one first, then those that decide otherwise where a choice was open."""

from __future__ import annotations

from gateway.planner.effort import Effort
from gateway.planner.errors import PlanError
from gateway.planner.operation import Operation
from gateway.planner.schedule import Batch, Cost, cost, schedule
from gateway.planner.view import View
from gateway.planner.walk import DeadEnd, Decision, Walk
from gateway.planner.ways import Splits


def search(view: View, operation: Operation, effort: Effort) -> tuple[Walk, list[Batch]]:
    """Return the best draft found within the effort and the options' attempts.

    Raises `PlanError`: `PLAN_NOT_FOUND` when no attempt reaches every field, `PLAN_LIMIT_EXCEEDED`.
    """
    return _Search(view, operation, effort).run()


class _Search:
    """The state of one search."""

    def __init__(self, view: View, operation: Operation, effort: Effort) -> None:
        self.view = view
        self.operation = operation
        self.effort = effort
        self.attempts = view.options.attempts
        self.splits: Splits = {}

    def run(self) -> tuple[Walk, list[Batch]]:
        decisions, walk, batches, best = self._first()
        self.effort.only_improve(self.view.options)
        improved = True
        while improved:
            improved = False
            for decision, taken, count in list(walk.choices):
                for index in range(count):
                    if index == taken or self.attempts <= 0 or self.effort.is_spent:
                        continue
                    found = self._attempt({**decisions, decision: index})
                    if isinstance(found, Walk):
                        batched = schedule(found.groups)
                        value = cost(found.groups, batched)
                        if value < best:
                            decisions = {**decisions, decision: index}
                            walk, batches, best, improved = found, batched, value, True
                if improved:
                    break
        return walk, batches

    def _first(self) -> tuple[dict[Decision, int], Walk, list[Batch], Cost]:
        """Find a plan at all: on a dead end, change the last choice that has an untried option."""
        decisions: dict[Decision, int] = {}
        blocked: DeadEnd | None = None
        while self.attempts > 0:
            walk = Walk(self.view, self.operation, decisions, self.effort, self.splits)
            self.attempts -= 1
            try:
                walk.run()
            except RecursionError:
                raise PlanError("PLAN_LIMIT_EXCEEDED", "the operation is nested too deeply to plan") from None
            except DeadEnd as dead_end:
                blocked = blocked or dead_end
                for decision, index, count in reversed(walk.choices):
                    if index + 1 < count:
                        decisions[decision] = index + 1
                        break
                    decisions.pop(decision, None)
                else:
                    break
                continue
            batches = schedule(walk.groups)
            return decisions, walk, batches, cost(walk.groups, batches)
        assert blocked is not None
        raise PlanError(
            "PLAN_NOT_FOUND", f"no subgraph can resolve {blocked.parent}.{blocked.field} from where it is asked for"
        )

    def _attempt(self, decisions: dict[Decision, int]) -> Walk | DeadEnd | None:
        walk = Walk(self.view, self.operation, decisions, self.effort, self.splits)
        self.attempts -= 1
        try:
            walk.run()
        except DeadEnd as dead_end:
            return dead_end
        except (PlanError, RecursionError):
            return None
        return walk
