"""One-time links into an organization. The database holds their fingerprints only.

create ──► open ──accept──► a membership
             └── revoked, or 7 days ──► over
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, insert, select, update

from consent.columns import utc_now
from consent.console.actions import By, record
from consent.console.members import ConsoleError, Members
from consent.console.models import INVITATIONS
from consent.console.roles import ROLES, OrganizationKind, Role, is_role
from consent.oauth.machine_secrets import INVITATION, TOKEN_REF_LENGTH, fingerprint, is_shaped, mint
from consent.oauth.models import ORGANIZATIONS

LIFETIME: Final = timedelta(days=7)
_MOST_OPEN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvitation:
    """A link's secret, which is shown once."""

    secret: str = field(repr=False)
    expires_at: datetime

    @property
    def path(self) -> str:
        """The page that it opens."""
        return f"/console/invitations/{self.secret}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationView:
    """An open invitation. `ref` is a prefix of its fingerprint."""

    ref: str
    organization_id: str
    organization_name: str
    kind: OrganizationKind
    role: Role
    note: str | None
    expires_at: datetime


class Invitations:
    """Makes, shows, accepts and revokes invitations. Synchronous."""

    def __init__(self, engine: Engine, members: Members, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._reader = engine.execution_options(read_only=True)
        self._members = members
        self._clock = clock

    def create(
        self,
        organization_id: str,
        role: str,
        *,
        by: By,
        note: str | None = None,
        connection: Connection | None = None,
    ) -> NewInvitation:
        """Invite somebody. `note` is for those who look at what is open. Raises `ConsoleError`."""
        if connection is None:
            with self._engine.begin() as transaction:
                return self.create(organization_id, role, by=by, note=note, connection=transaction)
        now, secret = self._clock(), mint(INVITATION)
        kind = connection.execute(
            select(ORGANIZATIONS.c.kind).where(ORGANIZATIONS.c.id == organization_id)
        ).scalar_one_or_none()
        if kind is None:
            raise ConsoleError("ORGANIZATION_UNKNOWN", "There is no such organization.")
        if not is_role(kind, role):
            raise ConsoleError("ROLE_UNKNOWN", f"A role here is one of: {', '.join(ROLES[kind])}.")
        if note is not None and (len(note) > 200 or not note.isprintable()):
            raise ConsoleError("NOTE_INVALID", "A note has up to 200 characters on one line.")
        still_open = select(INVITATIONS.c.token_hash).where(
            INVITATIONS.c.organization_id == organization_id,
            INVITATIONS.c.ended_at.is_(None),
            INVITATIONS.c.expires_at > now,
        )
        if len(connection.execute(still_open).all()) >= _MOST_OPEN:
            raise ConsoleError("TOO_MANY_INVITATIONS", "There are many open invitations already. Revoke some first.")
        connection.execute(
            insert(INVITATIONS).values(
                token_hash=fingerprint(secret),
                organization_id=organization_id,
                role=role,
                note=note or None,
                created_at=now,
                expires_at=now + LIFETIME,
            )
        )
        self._record(connection, "invitation:create", by, organization_id, fingerprint(secret), role)
        return NewInvitation(secret=secret, expires_at=now + LIFETIME)

    def find(self, secret: str) -> InvitationView | None:
        """Return the open invitation behind a link."""
        if not is_shaped(secret, INVITATION):
            return None
        found = self._list(INVITATIONS.c.token_hash == fingerprint(secret))
        return found[0] if found else None

    def of_organization(self, organization_id: str) -> list[InvitationView]:
        """Return an organization's open invitations."""
        return self._list(INVITATIONS.c.organization_id == organization_id)

    def accept(self, secret: str, person_id: str) -> str | None:
        """Use an invitation up: the person is a member from now on. Returns the organization, or None."""
        if not is_shaped(secret, INVITATION):
            return None
        now = self._clock()
        with self._engine.begin() as connection:
            row = connection.execute(
                update(INVITATIONS)
                .where(
                    INVITATIONS.c.token_hash == fingerprint(secret),
                    INVITATIONS.c.ended_at.is_(None),
                    INVITATIONS.c.expires_at > now,
                )
                .values(ended_at=now)
                .returning(INVITATIONS.c.organization_id, INVITATIONS.c.role)
            ).one_or_none()
            if row is None:
                return None
            kind = connection.execute(
                select(ORGANIZATIONS.c.kind).where(ORGANIZATIONS.c.id == row.organization_id)
            ).scalar_one()
            self._members.join(connection, row.organization_id, person_id, row.role, by=By(kind=kind, id=person_id))
            return str(row.organization_id)

    def revoke(self, organization_id: str, ref: str, *, by: By) -> bool:
        """End an open invitation of an organization; False when there is none of that `ref`."""
        if len(ref) != TOKEN_REF_LENGTH or not ref.isalnum():
            return False
        with self._engine.begin() as connection:
            row = connection.execute(
                update(INVITATIONS)
                .where(
                    INVITATIONS.c.organization_id == organization_id,
                    INVITATIONS.c.token_hash.startswith(ref, autoescape=True),
                    INVITATIONS.c.ended_at.is_(None),
                )
                .values(ended_at=self._clock())
                .returning(INVITATIONS.c.token_hash, INVITATIONS.c.role)
            ).first()
            if row is not None:
                self._record(connection, "invitation:revoke", by, organization_id, row.token_hash, row.role)
        return row is not None

    def _list(self, condition: object) -> list[InvitationView]:
        query = (
            select(
                INVITATIONS.c.token_hash,
                INVITATIONS.c.organization_id,
                ORGANIZATIONS.c.name.label("organization_name"),
                ORGANIZATIONS.c.kind,
                INVITATIONS.c.role,
                INVITATIONS.c.note,
                INVITATIONS.c.expires_at,
            )
            .join(ORGANIZATIONS, ORGANIZATIONS.c.id == INVITATIONS.c.organization_id)
            .where(condition, INVITATIONS.c.ended_at.is_(None), INVITATIONS.c.expires_at > self._clock())  # type: ignore[arg-type]
            .order_by(INVITATIONS.c.created_at)
        )
        with self._reader.connect() as connection:
            rows = [row._asdict() for row in connection.execute(query)]
        return [InvitationView(ref=row.pop("token_hash")[:TOKEN_REF_LENGTH], **row) for row in rows]

    def _record(
        self, connection: Connection, what: str, by: By, organization_id: str, token_hash: str, role: str
    ) -> None:
        record(
            connection,
            at=self._clock(),
            what=what,
            by=by,
            organization=organization_id,
            invitation=token_hash[:TOKEN_REF_LENGTH],
            role=role,
        )
