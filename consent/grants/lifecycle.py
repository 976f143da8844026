"""The life of a grant: given in the authorization server's transaction, found again, ended for good.

`records.py` reads; here is what writes, with the statements of `ending.py`.
A grant is never changed, only ended; a renewal or a change is a new grant that supersedes the old one.
The states are drawn in `consent/__init__.py`, the rules that hold whoever writes are triggers (`ddl.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, insert, select, update
from sqlmodel import Session, col

from consent.columns import utc_now
from consent.grants.ending import END, END_OF_CLIENT, ENDED, end_at_once
from consent.grants.records import GrantReader, GrantRecord, Item
from consent.models import Actor, ConsentEvent, ConsentGrant, GrantItem, Worker, new_id
from consent.stops.open_leases import Scope
from consent.stops.order import lock_stops, share_stops
from consent.stops.stopping import Revocation, Stops
from consent.vocabulary import ANY_PLATFORM, CATEGORIES, PURPOSES

By = Literal["worker", "actor", "operator"]

_ENDED_AS = {"worker": "withdrawn", "actor": "revoked", "operator": "revoked"}

# Put together once: they run while everybody waits.
_EVENT = insert(ConsentEvent)
_GRANT = insert(ConsentGrant)
_ITEM = insert(GrantItem)


class GrantError(Exception):
    """A grant cannot be given or ended as asked. `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class GrantService(GrantReader):
    """Gives, finds and ends grants."""

    def __init__(self, engine: Engine, stops: Stops, *, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__(engine, clock=clock)
        self._stops = stops

    def grant(
        self,
        session: Session | Connection,
        *,
        worker_id: str,
        client_id: str,
        actor_id: str,
        purpose: str,
        granted: Iterable[Item],
        refused: Iterable[Item] = (),
        expires_at: datetime,
        locale: str,
        notice_sha256: str,
        screen_sha256: str,
        amr: Sequence[str],
        replaces: str | None = None,
    ) -> GrantRecord:
        """Write a grant in the caller's transaction and return it.

        With `replaces` the older grant is superseded in the same transaction; call `settle(replaces)` after the
        commit to wait until nothing is read under it.
        Raises `GrantError`: `GRANT_EMPTY`, `PURPOSE_UNKNOWN`, `ITEM_NOT_ALLOWED`, `EXPIRY_INVALID`,
        `WORKER_UNKNOWN`, `ACTOR_UNKNOWN`, `TEST_ACTOR`, `REPLACES_UNKNOWN`.
        """
        connection = session.connection() if isinstance(session, Session) else session
        now = self._clock()
        wanted, declined = frozenset(granted), frozenset(refused)
        term = PURPOSES.get(purpose)
        if term is None:
            raise GrantError("PURPOSE_UNKNOWN", "No such purpose.")
        if not wanted:
            raise GrantError("GRANT_EMPTY", "A grant needs at least one item.")
        if wanted & declined or not all(is_item_allowed(purpose, item) for item in wanted):
            raise GrantError("ITEM_NOT_ALLOWED", "The purpose does not allow an item.")
        if not now < expires_at <= now + term.max_duration:
            raise GrantError("EXPIRY_INVALID", f"A grant for {purpose} lasts at most {term.max_duration.days} days.")
        worker = _party(connection, Worker, worker_id)
        if worker is None:
            raise GrantError("WORKER_UNKNOWN", "No such worker.")
        actor = _party(connection, Actor, actor_id)
        if actor is None:
            raise GrantError("ACTOR_UNKNOWN", "No such actor.")
        if actor.is_test and not worker.is_test:
            raise GrantError("TEST_ACTOR", "This is a test application: only test workers can allow it anything.")
        version = 1
        if replaces is not None:
            version = self._supersede(connection, replaces, worker_id=worker_id, client_id=client_id, now=now) + 1
        grant_id = new_id()
        connection.execute(
            _GRANT,
            {
                "id": grant_id,
                "worker_id": worker_id,
                "client_id": client_id,
                "actor_id": actor_id,
                "actor_version": actor.version,
                "purpose": purpose,
                "purpose_version": term.version,
                "version": version,
                "parent_id": replaces,
                "granted_at": now,
                "expires_at": expires_at,
                "locale": locale,
                "notice_sha256": notice_sha256,
                "screen_sha256": screen_sha256,
                "amr": list(amr),
            },
        )
        connection.execute(
            _ITEM,
            [
                {
                    "grant_id": grant_id,
                    "platform": platform,
                    "category": category,
                    "category_version": _version_of(category),
                    "granted": (platform, category) in wanted,
                }
                for platform, category in sorted(wanted | declined)
            ],
        )
        payload = {
            "actor": actor_id,
            "actor_version": actor.version,
            "client": client_id,
            "purpose": purpose,
            "purpose_version": term.version,
            "granted": sorted(map(list, wanted)),
            "refused": sorted(map(list, declined)),
            "category_versions": {category: _version_of(category) for _, category in sorted(wanted | declined)},
            "expires_at": expires_at.isoformat(),
            "notice_sha256": notice_sha256,
            "screen_sha256": screen_sha256,
            "locale": locale,
            "amr": list(amr),
            "replaces": replaces,
        }
        share_stops(connection)
        self._record(connection, "consent:grant:give", grant_id, worker_id, "worker", worker_id, payload)
        return self.read(connection, grant_id)

    async def revoke(
        self, grant_id: str, *, by: By, by_id: str | None = None, reason: str, client_id: str | None = None
    ) -> Revocation:
        """End a grant and wait until nothing is read or delivered under it.

        Of a grant that has ended already nothing changes, but the wait is the same: ask again after `stopping`.
        With `client_id`, only a grant in force of that client counts.
        Raises `GrantError` (`GRANT_UNKNOWN`). Who may revoke is the caller's to check.
        """

        ended_as = _ENDED_AS[by]

        def change(connection: Connection) -> bool:
            return self._end(
                connection, grant_id, status=ended_as, reason=reason, by=by, by_id=by_id, client_id=client_id
            )

        def missed(connection: Connection) -> None:
            known = select(col(ConsentGrant.id)).where(col(ConsentGrant.id) == grant_id)
            if client_id is not None or connection.execute(known).first() is None:
                raise GrantError("GRANT_UNKNOWN", "No such grant.")

        at_once = end_at_once(
            grant_id, status=ended_as, reason=reason, by=by, by_id=by_id, client_id=client_id, clock=self._clock
        )
        return await self._stops.stop(Scope("grant", grant_id), change, at_once=at_once, missed=missed)

    async def warm_up(self) -> None:
        """Do once, to no grant, what a revocation does: the first time of everything is slow."""

        def change(connection: Connection) -> None:
            self._end(connection, "", status="withdrawn", reason="", by="worker", by_id=None)

        for client_id in (None, ""):
            at_once = end_at_once(
                "", status="withdrawn", reason="", by="worker", by_id=None, client_id=client_id, clock=self._clock
            )
            await self._stops.warm_up(Scope("grant", ""), change, at_once=at_once)

    async def settle(self, grant_id: str) -> Revocation:
        """Wait until nothing is read under a grant that has ended."""
        return await self._stops.drain(Scope("grant", grant_id))

    def expire_due(self) -> list[str]:
        """Mark the grants whose time is over as expired and return their ids. Nothing depends on when this runs."""
        now = self._clock()
        query = select(col(ConsentGrant.id)).where(
            col(ConsentGrant.status) == "active", col(ConsentGrant.expires_at) <= now
        )
        with self._engine.execution_options(read_only=True).connect() as connection:
            due = connection.execute(query).scalars().all()
        if not due:
            return []
        with self._engine.begin() as connection:
            lock_stops(connection)
            return [
                grant_id
                for grant_id in due
                if self._end(connection, grant_id, status="expired", reason="expired", by="time", by_id=None)
            ]

    def _end(
        self,
        connection: Connection,
        grant_id: str,
        *,
        status: str,
        reason: str,
        by: str,
        by_id: str | None,
        client_id: str | None = None,
    ) -> bool:
        now = self._clock()
        values = {"grant": grant_id, "ended_as": status, "now": now, "why": reason[:64]}
        if client_id is None:
            found = connection.execute(END, values)
        else:
            found = connection.execute(END_OF_CLIENT, {**values, "client": client_id})
        ended = found.scalar_one_or_none()
        if ended is not None:
            self._record(connection, ENDED, grant_id, ended, by, by_id, {"as": status, "why": reason})
        return ended is not None

    def _supersede(
        self, connection: Connection, grant_id: str, *, worker_id: str, client_id: str, now: datetime
    ) -> int:
        lock_stops(connection)
        version = connection.execute(
            update(ConsentGrant)
            .where(
                col(ConsentGrant.id) == grant_id,
                col(ConsentGrant.worker_id) == worker_id,
                col(ConsentGrant.client_id) == client_id,
                col(ConsentGrant.status) == "active",
            )
            .values(status="superseded", ended_at=now, end_reason="replaced", epoch=ConsentGrant.epoch + 1)
            .returning(col(ConsentGrant.version))
        ).scalar_one_or_none()
        if version is None:
            raise GrantError("REPLACES_UNKNOWN", "There is no such grant to replace.")
        self._record(connection, ENDED, grant_id, worker_id, "worker", worker_id, {"as": "superseded"})
        return int(version)

    def _record(
        self,
        connection: Connection,
        event: str,
        grant_id: str,
        worker_id: str,
        by: str,
        by_id: str | None,
        payload: dict[str, Any],
    ) -> None:
        """Write an event. The caller has the lock that orders stops, shared or not: the audit log waits for it."""
        connection.execute(
            _EVENT,
            {
                "at": self._clock(),
                "type": event,
                "grant_id": grant_id,
                "worker_id": worker_id,
                "by_kind": by,
                "by_id": by_id,
                "payload": payload,
            },
        )


def _party(connection: Connection, model: type[Worker] | type[Actor], identifier: str) -> Row[Any] | None:
    """Return whether an active worker or actor is a test one, and an actor's version; None when there is none."""
    columns: list[Any] = [col(model.is_test)] if model is Worker else [col(Actor.is_test), col(Actor.version)]
    return connection.execute(
        select(*columns).where(col(model.id) == identifier, col(model.status) == "active")
    ).one_or_none()


def is_item_allowed(purpose: str, item: Item) -> bool:
    """Whether `purpose` may ask for this (platform, category)."""
    platform, category = item
    term, allowed = CATEGORIES.get(category), PURPOSES[purpose].categories if purpose in PURPOSES else frozenset()
    return (
        term is not None
        and not term.forbidden
        and category in allowed
        and bool(platform)
        and term.any_platform == (platform == ANY_PLATFORM)
    )


def _version_of(category: str) -> int:
    """Return the version of its words that a worker reads today."""
    return CATEGORIES[category].version if category in CATEGORIES else 1
