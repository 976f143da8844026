"""What organizations ask operators for: to go live as an actor, or to speak for a platform.

    asked ──► pending ──operator──► approved: the live actor exists, or has a new version; the platform is theirs
                 │ └────operator──► refused, with a reason
                 └──asker────────► withdrawn

Nobody decides on an organization that they belong to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, Select, insert, select, update

from consent.columns import utc_now
from consent.console.actions import By, record
from consent.console.members import ConsoleError, Members
from consent.console.models import APPROVALS
from consent.console.roles import OrganizationKind
from consent.models import new_id
from consent.oauth.actors import ActorRegistry
from consent.oauth.models import ACTORS, ORGANIZATIONS
from consent.oauth.registration_rules import RegistrationError, check_details, check_display_name, check_vocabulary

Subject = Literal["live_actor", "platform"]
ApprovalStatus = Literal["pending", "approved", "refused", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDetails:
    """As whom an actor wants to go live: all of it is what workers will read."""

    legal_name: str
    trading_name: str
    address: str
    contact: str
    jurisdiction: str
    privacy_notice: str
    categories: Collection[str]
    purposes: Collection[str]

    def check(self) -> None:
        """Raise `RegistrationError` unless workers can read and follow it."""
        for name in (self.legal_name, self.trading_name):
            check_display_name(name)
        check_details(
            address=self.address,
            contact=self.contact,
            jurisdiction=self.jurisdiction,
            privacy_notice=self.privacy_notice,
        )
        check_vocabulary(self.categories, self.purposes)
        if not self.categories or not self.purposes:
            raise RegistrationError("CATEGORY_UNKNOWN", "Choose at least one category and one purpose.")

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            **{name: getattr(self, name) for name in _TEXTS},
            "categories": sorted(self.categories),
            "purposes": sorted(self.purposes),
        }


_TEXTS = ("legal_name", "trading_name", "address", "contact", "jurisdiction", "privacy_notice")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalView:
    """One request with what was asked and what became of it."""

    id: str
    organization_id: str
    organization_name: str
    kind: OrganizationKind
    subject: Subject
    details: dict[str, Any]
    status: ApprovalStatus
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


class Approvals:
    """Asks, shows and decides. Synchronous."""

    def __init__(
        self,
        engine: Engine,
        members: Members,
        registry: ActorRegistry,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._engine = engine
        self._reader = engine.execution_options(read_only=True)
        self._members = members
        self._registry = registry
        self._clock = clock

    def ask_to_go_live(self, organization_id: str, details: LiveDetails, *, by: By) -> str:
        """Ask for a live actor, or for other details of it; takes the place of a request that still waits.

        Raises `RegistrationError`.
        """
        details.check()
        identifier, now = new_id(), self._clock()
        with self._engine.begin() as connection:
            self._withdraw(connection, organization_id, by)
            connection.execute(
                insert(APPROVALS).values(
                    id=identifier,
                    organization_id=organization_id,
                    subject="live_actor",
                    details=details.to_json(),
                    status="pending",
                    requested_by=by.id,
                    requested_at=now,
                )
            )
            record(connection, at=now, what="approval:ask", by=by, organization=organization_id, approval=identifier)
        return identifier

    def withdraw(self, organization_id: str, *, by: By) -> bool:
        """Take back a request to go live that waits; False when there is none."""
        with self._engine.begin() as connection:
            return self._withdraw(connection, organization_id, by)

    def find(self, approval_id: str) -> ApprovalView | None:
        """Return one request."""
        found = self._list(_approvals().where(APPROVALS.c.id == approval_id))
        return found[0] if found else None

    def pending(self) -> list[ApprovalView]:
        """Return what waits, oldest first."""
        return self._list(_approvals().where(APPROVALS.c.status == "pending").order_by(APPROVALS.c.requested_at))

    def latest(self, organization_id: str) -> ApprovalView | None:
        """Return an organization's newest request."""
        query = _approvals().where(APPROVALS.c.organization_id == organization_id)
        order = ((APPROVALS.c.status == "pending").desc(), APPROVALS.c.requested_at.desc())
        found = self._list(query.order_by(*order).limit(1))
        return found[0] if found else None

    def approve(self, approval_id: str, *, by: By) -> None:
        """Grant what was asked for. Raises `ConsoleError`."""
        with self._engine.begin() as connection:
            row = self._decide(connection, approval_id, "approved", by, None)
            if row.subject == "platform":
                self._set_status(connection, row.organization_id, "active")
            else:
                self._make_live(connection, row.organization_id, row.details)

    def refuse(self, approval_id: str, *, by: By, reason: str) -> None:
        """Turn it down; the asker reads `reason`. Raises `ConsoleError`."""
        text = reason.strip()
        if not text or len(text) > 500 or any(not (each.isprintable() or each == "\n") for each in text):
            raise ConsoleError("REASON_INVALID", "Write a reason of up to 500 characters: the asker reads it.")
        with self._engine.begin() as connection:
            row = self._decide(connection, approval_id, "refused", by, text)
            if row.subject == "platform":
                self._set_status(connection, row.organization_id, "refused")

    def _decide(
        self, connection: Connection, approval_id: str, status: ApprovalStatus, by: By, reason: str | None
    ) -> Row[Any]:
        now = self._clock()
        row = connection.execute(
            update(APPROVALS)
            .where(APPROVALS.c.id == approval_id, APPROVALS.c.status == "pending")
            .values(status=status, decided_by=by.id, decided_at=now, reason=reason)
            .returning(APPROVALS.c.organization_id, APPROVALS.c.subject, APPROVALS.c.details)
        ).one_or_none()
        if row is None:
            raise ConsoleError("NOT_PENDING", "This request does not wait for a decision any more.")
        if self._members.belongs(connection, row.organization_id, by.id):
            raise ConsoleError("OWN_REQUEST", "You belong to this organization: somebody else must decide.")
        record(
            connection,
            at=now,
            what=f"approval:{status}",
            by=by,
            organization=row.organization_id,
            approval=approval_id,
            **({} if reason is None else {"why": reason}),
        )
        return row

    def _make_live(self, connection: Connection, organization_id: str, details: dict[str, Any]) -> None:
        actor_id = connection.execute(
            select(ACTORS.c.id).where(ACTORS.c.organization_id == organization_id, ACTORS.c.is_test.is_(False))
        ).scalar_one_or_none()
        if actor_id is None:
            self._registry.create_actor(**details, organization_id=organization_id, connection=connection)
        else:
            self._registry.update_actor(actor_id, **details, connection=connection)

    def _withdraw(self, connection: Connection, organization_id: str, by: By) -> bool:
        now = self._clock()
        row = connection.execute(
            update(APPROVALS)
            .where(
                APPROVALS.c.organization_id == organization_id,
                APPROVALS.c.subject == "live_actor",
                APPROVALS.c.status == "pending",
            )
            .values(status="withdrawn", decided_by=by.id, decided_at=now)
            .returning(APPROVALS.c.id)
        ).one_or_none()
        if row is not None:
            record(connection, at=now, what="approval:withdraw", by=by, organization=organization_id, approval=row.id)
        return row is not None

    @staticmethod
    def _set_status(connection: Connection, organization_id: str, status: str) -> None:
        connection.execute(update(ORGANIZATIONS).where(ORGANIZATIONS.c.id == organization_id).values(status=status))

    def _list(self, query: Select[Any]) -> list[ApprovalView]:
        with self._reader.connect() as connection:
            return [ApprovalView(**row._asdict()) for row in connection.execute(query)]


def _approvals() -> Select[Any]:
    return select(
        APPROVALS,
        ORGANIZATIONS.c.name.label("organization_name"),
        ORGANIZATIONS.c.kind,
    ).join(ORGANIZATIONS, ORGANIZATIONS.c.id == APPROVALS.c.organization_id)
