"""What a caller may decide about planning."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerOptions:
    """Options of `plan`.

    `reenter_scoped`: fields with `@requiresScopes` on an entity are fetched only through `_entities`, so that
    the entity is known before the fetch. `override_labels` are the active labels of progressive overrides.
    `fuel` bounds the work: one unit is one field placed in one attempt. `attempts` bounds how many complete plans
    are compared, and `improvement` the fuel spent on comparing once there is a plan.
    `seconds` bounds the time until there is a plan, `improvement_seconds` when comparing ends; both count from the
    beginning, and only where `plan` is given a stopwatch.
    """

    reenter_scoped: bool = False
    override_labels: frozenset[str] = frozenset()
    fuel: int = 100_000
    attempts: int = 64
    improvement: int = 20_000
    seconds: float = 1.0
    improvement_seconds: float = 0.25
