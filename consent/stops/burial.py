"""What a dead process held is taken away, and each lease of it leaves a line in the log.

It happens within somebody's revocation: on PostgreSQL it takes two trips (`two_trips.py` says how).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import (
    Connection,
    String,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlmodel import SQLModel, col

from consent.columns import Instant
from consent.ddl import STOP_LOCK
from consent.driver_statement import DriverStatement, driver_errors
from consent.models import AccessEvent, ConsentGrant, FetchLease, GatewayProcess, new_id
from consent.stops.order import share_stops

_REASON = "PROCESS_DIED"


def bury(connection: Connection, number: int, now: datetime) -> None:
    """Take away the leases of process `number`, which is proven dead; each leaves a line in the log."""
    share_stops(connection)
    orphans = connection.execute(
        delete(FetchLease)
        .where(col(FetchLease.process_id) == number)
        .returning(*SQLModel.metadata.tables["fetch_lease"].c)
    ).all()
    granted = {row.grant_id for row in orphans if row.grant_id is not None}
    purposes = {
        row.id: row.purpose
        for row in connection.execute(
            select(col(ConsentGrant.id), col(ConsentGrant.purpose)).where(col(ConsentGrant.id).in_(granted))
        )
    }
    events = [
        {
            "at": now,
            "worker_id": row.worker_id,
            "actor_id": row.actor_id,
            "client_id": row.client_id,
            "grant_id": row.grant_id,
            "lease_id": row.id,
            "purpose": purposes.get(row.grant_id or "", "self"),
            "platform": row.platform,
            "account_id": row.account_id,
            "category": category,
            "decision": "allow",
            "reason": _REASON,
            "salt": new_id(),
        }
        for row in orphans
        for category in row.categories.split()
    ]
    if events:
        connection.execute(insert(AccessEvent), events)
    connection.execute(
        update(GatewayProcess)
        .where(col(GatewayProcess.id) == number, col(GatewayProcess.ended_at).is_(None))
        .values(ended_at=now.astimezone(UTC))
    )


def bury_in_two_trips(connection: Connection, number: int, proof: int, clock: Callable[[], datetime]) -> bool:
    """Do what `bury` does, on PostgreSQL, if the lock `proof` shows that the process is dead; return whether it was.

    On `connection` each statement commits by itself.
    """
    begin = (
        "BEGIN ISOLATION LEVEL READ COMMITTED; "
        f"SELECT pg_try_advisory_xact_lock({proof}), pg_advisory_xact_lock_shared({STOP_LOCK})"
    )
    with driver_errors(connection) as driver:
        try:
            taken = driver.execute(begin)
            taken.nextset()
            if not taken.fetchone()[0]:
                driver.rollback()
                return False
            buried = _AT_ONCE.bound(connection.dialect, {"process": number, "now": clock()})
            with driver.pipeline() if psycopg.Pipeline.is_supported() else nullcontext():
                driver.execute(*buried, prepare=True)
                driver.execute("COMMIT")
        except BaseException:
            if not driver.closed:
                driver.rollback()
            raise
    return True


def _at_once(_: str) -> Any:
    """Return `bury` as one statement. It returns the events' ids. PostgreSQL only."""
    ended = (
        update(GatewayProcess)
        .where(col(GatewayProcess.id) == bindparam("process"), col(GatewayProcess.ended_at).is_(None))
        .values(ended_at=bindparam("now", type_=Instant()))
        .returning(col(GatewayProcess.id))
        .cte("ended")
    )
    orphans = (
        delete(FetchLease)
        .where(col(FetchLease.process_id) == bindparam("process"))
        .returning(*SQLModel.metadata.tables["fetch_lease"].c)
        .cte("orphans")
    )
    category = func.unnest(func.string_to_array(orphans.c.categories, " ")).column_valued("each_category")
    purpose = select(col(ConsentGrant.purpose)).where(col(ConsentGrant.id) == orphans.c.grant_id).scalar_subquery()
    event: dict[str, Any] = {
        "at": bindparam("now", type_=Instant()),
        "worker_id": orphans.c.worker_id,
        "actor_id": orphans.c.actor_id,
        "client_id": orphans.c.client_id,
        "grant_id": orphans.c.grant_id,
        "lease_id": orphans.c.id,
        "purpose": func.coalesce(purpose, "self"),
        "platform": orphans.c.platform,
        "account_id": orphans.c.account_id,
        "category": category,
        "decision": literal("allow"),
        "reason": literal(_REASON),
        "records": literal(0),
        "repeats": literal(1),
        "salt": func.replace(cast(func.gen_random_uuid(), String), "-", ""),
    }
    rows = select(*event.values())
    record = insert(AccessEvent).from_select(list(event), rows, include_defaults=False)
    return record.add_cte(ended).returning(col(AccessEvent.id))


_AT_ONCE = DriverStatement(_at_once)
