"""Which linked accounts exist for whom, and the switch that account linking turns: open or closed.

An actor sees an account only if a grant in force for its purpose has an item granted at that platform; otherwise
even the existence of the account would tell where the worker works. When the gateway itself reads to count, a grant of
`statistics`, which belongs to no platform, opens all of them to it, and to nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Engine, and_, bindparam, exists, insert, select, update
from sqlmodel import Session, col

from consent.columns import utc_now
from consent.driver_statement import DriverStatement
from consent.leases.gate import GateSession
from consent.models import ConsentGrant, GrantItem, SubjectGate, Worker
from consent.stops.order import lock_stops
from consent.vocabulary import ANY_PLATFORM, SELF_PURPOSE


class ConsentedAccounts:
    """Answers which of a worker's accounts the asker of a request may know of."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine.execution_options(read_only=True)
        self._clock = clock

    def visible(self, worker_id: str, session: GateSession) -> list[str]:
        """Return account ids in a stable order; none when nothing may be known."""
        if session.kind == "worker" and session.purpose == SELF_PURPOSE and session.worker_id == worker_id:
            query = _OWN
        elif session.kind == "actor" and session.purpose is not None and session.actor_id is not None:
            query = _granted(to_count=session.counting, is_bound=session.grant_id is not None)
        else:
            return []
        asked = {
            "worker": worker_id,
            "actor": session.actor_id,
            "why": session.purpose,
            "now": self._clock(),
            "grant": session.grant_id,
        }
        with self._engine.connect() as connection:
            return [row[0] for row in query.rows(connection, asked)]


_OPEN = (
    select(col(SubjectGate.account_id))
    .join(Worker, col(Worker.id) == col(SubjectGate.worker_id))
    .where(
        col(SubjectGate.worker_id) == bindparam("worker"),
        col(SubjectGate.open).is_(True),
        col(Worker.status) == "active",
    )
    .order_by(col(SubjectGate.platform), col(SubjectGate.account_id))
)
_OWN = DriverStatement(lambda _: _OPEN)


@cache
def _granted(*, to_count: bool, is_bound: bool) -> DriverStatement:
    """Return the query for the open accounts that a grant in force has an item for; put together once a kind."""
    counted = and_(col(GrantItem.platform) == ANY_PLATFORM, col(GrantItem.category) == "statistics")
    item = (
        select(col(GrantItem.grant_id))
        .join(ConsentGrant, col(ConsentGrant.id) == col(GrantItem.grant_id))
        .where(
            counted if to_count else col(GrantItem.platform) == col(SubjectGate.platform),
            col(GrantItem.granted).is_(True),
            col(ConsentGrant.worker_id) == bindparam("worker"),
            col(ConsentGrant.actor_id) == bindparam("actor"),
            col(ConsentGrant.purpose) == bindparam("why"),
            col(ConsentGrant.status) == "active",
            col(ConsentGrant.expires_at) > bindparam("now"),
        )
    )
    if is_bound:
        item = item.where(col(ConsentGrant.id) == bindparam("grant"))
    query = _OPEN.where(exists(item.correlate(SubjectGate.__table__)))  # type: ignore[attr-defined]
    return DriverStatement(lambda _: query)


class SubjectGates:
    """Opens and closes accounts in the transaction of whoever links and unlinks them.

    After the commit of a closing, `Stops.drain(Scope("account", account_id))` waits until nothing is read any more.
    """

    def __init__(self, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock

    def open(self, session: Session | Connection, *, account_id: str, worker_id: str, platform: str) -> None:
        """Let the account be read, as far as grants allow."""
        connection = _connection(session)
        values = {"worker_id": worker_id, "platform": platform, "open": True, "reason": None}
        done = connection.execute(
            update(SubjectGate)
            .where(col(SubjectGate.account_id) == account_id)
            .values(updated_at=self._clock(), **values)
        )
        if not done.rowcount:
            connection.execute(insert(SubjectGate).values(account_id=account_id, updated_at=self._clock(), **values))

    def close(self, session: Session | Connection, *, account_id: str, reason: str) -> None:
        """Let the account not be read by anybody from the commit on."""
        connection = _connection(session)
        lock_stops(connection)
        connection.execute(
            update(SubjectGate)
            .where(col(SubjectGate.account_id) == account_id)
            .values(open=False, reason=reason, updated_at=self._clock())
        )


def _connection(session: Session | Connection) -> Connection:
    return session.connection() if isinstance(session, Session) else session
