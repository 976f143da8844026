"""Every action at the console or on the command line leaves a consent event, so it is in the tamper-evident log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, insert, or_, select
from sqlmodel import SQLModel

from consent.console.roles import OrganizationKind
from consent.models import ConsentEvent
from consent.stops.order import share_stops

PREFIX: Final = "console:"
_CHANGES: Final = ("consent:actor:suspend", "consent:client:change", "consent:client:close", "consent:platform:close")
_EVENTS = SQLModel.metadata.tables[str(ConsentEvent.__tablename__)]


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who does something: for what kind of organization, and as whom (a person, a client, the command line)."""

    kind: OrganizationKind
    id: str


COMMAND_LINE: Final = By(kind="operator", id="command line")


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One line of the history. `payload` names what was acted on, never a secret or anything of a worker."""

    seq: int
    at: datetime
    type: str
    by_kind: str
    by_id: str | None
    payload: Mapping[str, Any]


def record(connection: Connection, *, at: datetime, what: str, by: By, organization: str, **payload: Any) -> None:
    """Write `console:<what>` in the caller's transaction. `organization` is the one that it is about."""
    share_stops(connection)
    connection.execute(
        insert(ConsentEvent).values(
            at=at,
            type=f"{PREFIX}{what}",
            by_kind=by.kind,
            by_id=by.id,
            payload={"organization": organization, **payload},
        )
    )


class ActionHistory:
    """Reads the history. Grants and workers are not in it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(read_only=True)

    def page(
        self, *, organization: str | None = None, before: int | None = None, size: int = 50
    ) -> tuple[list[Action], int | None]:
        """Return actions, newest first, and where older ones begin; all, or those about one organization."""
        columns = (_EVENTS.c.seq, _EVENTS.c.at, _EVENTS.c.type, _EVENTS.c.by_kind, _EVENTS.c.by_id, _EVENTS.c.payload)
        query = select(*columns).order_by(_EVENTS.c.seq.desc()).limit(size + 1)
        query = query.where(or_(_EVENTS.c.type.startswith(PREFIX), _EVENTS.c.type.in_(_CHANGES)))
        if organization is not None:
            query = query.where(_EVENTS.c.payload["organization"].as_string() == organization)
        if before is not None:
            query = query.where(_EVENTS.c.seq < before)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        found = [Action(**row._asdict()) for row in rows[:size]]
        return found, found[-1].seq if len(rows) > size else None
