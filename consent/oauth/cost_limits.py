"""An actor's own limits on what its queries may cost. `spending.py` counts, `access.py` reads them with each token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, select, update

from consent.oauth.models import ACTORS
from consent.oauth.registration_rules import RegistrationError

_HIGHEST: Final = 2_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLimits:
    """The most that one query may cost, and the queries of a minute (0: any). None: what every actor may."""

    max_cost: int | None = None
    per_minute: int | None = None


def cost_limits_of(engine: Engine, actor_id: str) -> CostLimits:
    """Return an actor's own limits. Raises `RegistrationError`."""
    with engine.connect() as connection:
        row = connection.execute(
            select(ACTORS.c.max_cost, ACTORS.c.cost_per_minute).where(ACTORS.c.id == actor_id)
        ).one_or_none()
    if row is None:
        raise RegistrationError("ACTOR_UNKNOWN", "There is no such actor.")
    return CostLimits(max_cost=row.max_cost, per_minute=row.cost_per_minute)


def limit_cost(engine: Engine, actor_id: str, limits: CostLimits) -> None:
    """Set an actor's own limits, from its next request on. Raises `RegistrationError`."""
    for value, least in ((limits.max_cost, 1), (limits.per_minute, 0)):
        if value is not None and not least <= value <= _HIGHEST:
            raise RegistrationError("COST_INVALID", f"A limit is a number from {least} to {_HIGHEST}.")
    with engine.begin() as connection:
        changed = connection.execute(
            update(ACTORS)
            .where(ACTORS.c.id == actor_id)
            .values(max_cost=limits.max_cost, cost_per_minute=limits.per_minute)
        )
    if changed.rowcount != 1:
        raise RegistrationError("ACTOR_UNKNOWN", "There is no such actor.")
