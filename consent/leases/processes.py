"""Which gateway processes live at this moment: those whose proof (`liveness.py`) cannot be taken from them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select, text
from sqlmodel import col

from consent.leases.liveness import AdvisoryProof, take_dead_file
from consent.models import GatewayProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class LivingProcess:
    """A process, on which machine, since when, and the names of the master keys that it uses, newest first."""

    id: int
    host: str
    started_at: datetime
    master_keys: str


def living_processes(engine: Engine) -> list[LivingProcess]:
    """Return the processes that have not ended and are not proven dead, oldest first."""
    with engine.execution_options(read_only=True).connect() as connection:
        rows = connection.execute(
            select(
                col(GatewayProcess.id),
                col(GatewayProcess.kind),
                col(GatewayProcess.proof),
                col(GatewayProcess.host),
                col(GatewayProcess.started_at),
                col(GatewayProcess.master_keys),
            )
            .where(col(GatewayProcess.ended_at).is_(None))
            .order_by(col(GatewayProcess.id))
        ).all()
        return [
            LivingProcess(id=row.id, host=row.host, started_at=row.started_at, master_keys=row.master_keys)
            for row in rows
            if not _is_dead(connection, engine, row)
        ]


def _is_dead(connection: Connection, engine: Engine, row: Any) -> bool:
    if row.kind == AdvisoryProof.kind:
        taken = connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": int(row.proof)})
        return bool(taken.scalar())
    folder = Path(engine.url.database or "").resolve().parent
    descriptor = take_dead_file(folder, row.proof)
    if descriptor is None:
        return False
    os.close(descriptor)
    return True


class ProcessRoll:
    """Tells by number which processes live, for what must wait for all of them; `here` is this one's number."""

    def __init__(self, engine: Engine, here: Callable[[], int | None] = lambda: None) -> None:
        self._engine = engine.execution_options(read_only=True)
        self._here = here

    def here(self) -> int | None:
        """Return this process's number; None while it holds no proof that it lives."""
        return self._here()

    def living(self) -> dict[int, str]:
        """Return machine and process of each that is not proven dead."""
        return {each.id: each.host for each in living_processes(self._engine)}
