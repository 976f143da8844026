"""What planning may cost: fuel, which is counted, and time, as whoever calls the planner measures it.

The planner reads no clock. It is given a stopwatch or none; without one only the fuel counts, and then the same
operation always gets the same plan.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.planner.errors import PlanError
from gateway.planner.options import PlannerOptions

Stopwatch = Callable[[], float]
"""Returns the seconds since planning began."""

GLANCE = 32
"""After how many estimates the stopwatch is looked at: often enough for milliseconds, seldom enough to cost nothing."""


class Effort:
    """The fuel and the time that are left for one operation."""

    __slots__ = ("_estimates", "_stopwatch", "fuel", "seconds")

    def __init__(self, options: PlannerOptions, stopwatch: Stopwatch | None) -> None:
        self.fuel = options.fuel
        self.seconds = options.seconds
        self._stopwatch = stopwatch
        self._estimates = 0

    def place(self) -> None:
        """Pay for one field that is placed. Raises `PlanError`."""
        self.fuel -= 1
        if self.fuel < 0:
            raise PlanError("PLAN_LIMIT_EXCEEDED", "the operation is too complex to plan")

    def estimate(self) -> None:
        """Account for one estimate. Raises `PlanError` when the time is over."""
        self._estimates += 1
        if self._estimates % GLANCE == 0 and self.is_late():
            raise PlanError("PLAN_LIMIT_EXCEEDED", "the operation takes too long to plan")

    def is_late(self) -> bool:
        """Whether the time is over."""
        return self._stopwatch is not None and self._stopwatch() >= self.seconds

    def only_improve(self, options: PlannerOptions) -> None:
        """There is a plan: from here on, less is worth spending."""
        self.fuel = min(max(self.fuel, 0), options.improvement)
        self.seconds = min(self.seconds, options.improvement_seconds)

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left."""
        return self.fuel <= 0 or self.is_late()
