"""Conformance runs that have begun: every process sees them, and sees when one went down with its process.

    begin ──► RUNNING ──its report is written (`service.record_test`)──► no row
                 └──its process is proven dead, or it is over time──► LOST: begin again

All functions block; call them in a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from connectors.observation import ProcessRoll
from connectors.registration.models import ConformanceRun

RunState = Literal["RUNNING", "LOST"]

LONGEST_RUN = 600.0
_OVER_TIME = timedelta(seconds=LONGEST_RUN + 60)

_RUN = ConformanceRun.__table__  # type: ignore[attr-defined]


class ConformanceRuns:
    """The rows of runs."""

    def __init__(self, engine: Engine, roll: ProcessRoll, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._reader = engine.execution_options(read_only=True)
        self._roll = roll
        self._clock = clock

    def begin(self, version_id: int, *, by: str) -> bool:
        """Note that this process runs the checks of a version; False where a living one already does."""
        living = self._roll.living()
        row = {"process": self._roll.here(), "started_at": self._clock(), "started_by": by}
        try:
            with self._engine.begin() as connection:
                known = connection.execute(select(_RUN).where(_RUN.c.version_id == version_id)).one_or_none()
                if known is not None:
                    if self._state(known, living) == "RUNNING":
                        return False
                    connection.execute(
                        delete(_RUN).where(_RUN.c.version_id == version_id, _RUN.c.started_at == known.started_at)
                    )
                connection.execute(insert(_RUN).values(version_id=version_id, **row))
        except IntegrityError:
            return False
        return True

    def state(self, version_id: int) -> RunState | None:
        """Return how the run of a version stands; None where none has begun, or its report is there."""
        with self._reader.connect() as connection:
            row = connection.execute(select(_RUN).where(_RUN.c.version_id == version_id)).one_or_none()
        return None if row is None else self._state(row, self._roll.living())

    def _state(self, row: Any, living: Any) -> RunState:
        return "RUNNING" if row.process in living and self._clock() - row.started_at < _OVER_TIME else "LOST"
