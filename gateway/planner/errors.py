"""The planner's one error: an operation for which no plan is made, and why.

PlanError(code, message)
  OPERATION_NOT_FOUND    the document has no operation of that name, or several and none was named
  PLAN_FRAGMENT_CYCLE    fragments spread each other (validation refuses such documents earlier)
  PLAN_NOT_FOUND         some field cannot be reached from the subgraphs
  PLAN_LIMIT_EXCEEDED    the operation needs more fuel or time than `PlannerOptions` allows
  INVALID_SUPERGRAPH     the supergraph SDL does not follow the join specification
"""

from __future__ import annotations


class PlanError(Exception):
    """An operation that cannot be planned. The message is safe to show to clients."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
