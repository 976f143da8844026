"""The grants under which a worker can be found, and the check that what is derived under one is stored in time.

A worker is findable for an actor and purpose while a grant in force has `matching` on any platform and `skills`
somewhere: without skills there would be nothing to be found by.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Select, exists, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from consent.columns import utc_now
from consent.models import Actor, ClientGate, ConsentGrant, GrantItem, SubjectGate, Worker
from consent.stops.order import share_stops
from consent.vocabulary import ANY_PLATFORM, COUNTED

_PAY = COUNTED["earnings"]
_older: Any = aliased(ConsentGrant)


class GrantRef(Protocol):
    """The part of a grant by which it is found again."""

    @property
    def grant_id(self) -> str: ...  # noqa: D102
    @property
    def worker_id(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingGrant:
    """A grant in force under which the gateway itself works for its actor, in the background.

    `counts_pay`: its worker agreed to be counted by what they earn. It only spares reads that would be denied
    (`leases/counting.py` decides). `renews`: there was an older grant of this worker to this actor, for this purpose.
    """

    grant_id: str
    worker_id: str
    actor_id: str
    client_id: str
    purpose: str
    expires_at: datetime
    counts_pay: bool = False
    renews: bool = False


class StandingConsents:
    """Answers what is granted for background work: being found, or being counted."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine.execution_options(read_only=True)
        self._clock = clock

    def standing(self, grant_id: str) -> StandingGrant | None:
        """Return a grant in force with `matching` and `skills`, None when it is none any more."""
        found = self._granting("matching", "skills", grant_id=grant_id)
        return found[0] if found else None

    def counted(self) -> Sequence[StandingGrant]:
        """Return every grant in force with `statistics`, but those to test actors: tests are not counted."""
        return self._granting("statistics", only_real=True)

    def open_accounts(self, worker_id: str) -> frozenset[str]:
        """Return the worker's accounts that may be read."""
        with self._engine.connect() as connection:
            return frozenset(connection.execute(_open_accounts(worker_id)).scalars())

    def holds(self, connection: Connection, grant: GrantRef, accounts: Collection[str]) -> bool:
        """Whether the grant is in force and these accounts are the open ones, to the end of the transaction.

        Like a lease transaction, this one excludes every stop (`ddl.py`): whoever ends the grant or closes an account
        comes before, and is seen here, or waits, and finds what was stored meanwhile.
        """
        share_stops(connection)
        standing = (
            select(col(ConsentGrant.id))
            .join(Worker, col(Worker.id) == col(ConsentGrant.worker_id))
            .where(
                col(ConsentGrant.id) == grant.grant_id,
                col(ConsentGrant.status) == "active",
                col(ConsentGrant.expires_at) > self._clock(),
                col(Worker.status) == "active",
            )
        )
        if connection.execute(standing).scalar_one_or_none() is None:
            return False
        found = connection.execute(_open_accounts(grant.worker_id)).scalars()
        return frozenset(found) == frozenset(accounts)

    def _granting(
        self, *categories: str, grant_id: str | None = None, only_real: bool = False
    ) -> Sequence[StandingGrant]:
        shut = exists().where(col(ClientGate.client_id) == col(ConsentGrant.client_id), col(ClientGate.open).is_(False))
        query = (
            select(
                col(ConsentGrant.id),
                col(ConsentGrant.worker_id),
                col(ConsentGrant.actor_id),
                col(ConsentGrant.client_id),
                col(ConsentGrant.purpose),
                col(ConsentGrant.expires_at),
                exists()
                .where(
                    col(GrantItem.grant_id) == col(ConsentGrant.id),
                    col(GrantItem.platform) == ANY_PLATFORM,
                    col(GrantItem.category) == _PAY.category,
                    col(GrantItem.category_version) >= _PAY.since,
                    col(GrantItem.granted).is_(True),
                )
                .label("counts_pay"),
                exists()
                .where(
                    _older.worker_id == col(ConsentGrant.worker_id),
                    _older.actor_id == col(ConsentGrant.actor_id),
                    _older.purpose == col(ConsentGrant.purpose),
                    _older.id != col(ConsentGrant.id),
                    _older.granted_at <= col(ConsentGrant.granted_at),
                )
                .label("renews"),
            )
            .join(Worker, col(Worker.id) == col(ConsentGrant.worker_id))
            .join(Actor, col(Actor.id) == col(ConsentGrant.actor_id))
            .where(
                col(ConsentGrant.status) == "active",
                col(ConsentGrant.expires_at) > self._clock(),
                col(Worker.status) == "active",
                col(Actor.status) == "active",
                ~shut,
                *(
                    exists().where(
                        col(GrantItem.grant_id) == col(ConsentGrant.id),
                        col(GrantItem.category) == category,
                        col(GrantItem.granted).is_(True),
                    )
                    for category in categories
                ),
            )
            .order_by(col(ConsentGrant.id))
        )
        if only_real:
            query = query.where(col(Actor.is_test).is_(False))
        if grant_id is not None:
            query = query.where(col(ConsentGrant.id) == grant_id)
        with self._engine.connect() as connection:
            return [
                StandingGrant(
                    grant_id=row.id,
                    worker_id=row.worker_id,
                    actor_id=row.actor_id,
                    client_id=row.client_id,
                    purpose=row.purpose,
                    expires_at=row.expires_at,
                    counts_pay=bool(row.counts_pay),
                    renews=bool(row.renews),
                )
                for row in connection.execute(query)
            ]


def _open_accounts(worker_id: str) -> Select[str]:
    return (
        select(col(SubjectGate.account_id))
        .where(col(SubjectGate.worker_id) == worker_id, col(SubjectGate.open).is_(True))
        .order_by(col(SubjectGate.account_id))
    )
