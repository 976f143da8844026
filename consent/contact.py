"""Contact codes: what a worker hands to an actor so that it can ask. A code carries no data and grants nothing.

`GW-XXXX-XXXX-XXXX`: twelve characters of Crockford's base 32 (60 random bits), without I, L, O and U.
Only its SHA-256 is stored. Reading is forgiving: case, spaces and dashes do not matter, O is 0, I and L are 1.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, insert, select, update
from sqlmodel import Session, col

from consent.columns import utc_now
from consent.models import ContactCode, Worker

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX = "GW-"
LIFETIME = timedelta(days=30)

_LENGTH = 12
_TYPED = re.compile(rf"GW([{ALPHABET}]{{{_LENGTH}}})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCodeRecord:
    """A code as its worker sees it later: everything but the code. `ref` names it for `revoke`."""

    ref: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class ContactCodes:
    """Makes, resolves, lists and revokes contact codes."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def create(self, session: Session | Connection, worker_id: str, *, lifetime: timedelta = LIFETIME) -> str:
        """Write a new code in the caller's transaction and return it: the only time it is seen."""
        characters = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
        now = self._clock()
        connection = session.connection() if isinstance(session, Session) else session
        connection.execute(
            insert(ContactCode).values(
                code_hash=_hash(characters), worker_id=worker_id, created_at=now, expires_at=now + lifetime
            )
        )
        return _written(characters)

    def resolve(self, typed: str) -> str | None:
        """Return the worker that a live code stands for; None for anything else."""
        with self._engine.execution_options(read_only=True).connect() as connection:
            return resolve_code(connection, typed, self._clock())

    def of_worker(self, worker_id: str) -> list[ContactCodeRecord]:
        """Return a worker's codes, newest first."""
        with self._engine.execution_options(read_only=True).connect() as connection:
            rows = connection.execute(
                select(
                    col(ContactCode.code_hash),
                    col(ContactCode.created_at),
                    col(ContactCode.expires_at),
                    col(ContactCode.revoked_at),
                )
                .where(col(ContactCode.worker_id) == worker_id)
                .order_by(col(ContactCode.created_at).desc(), col(ContactCode.code_hash))
            )
            return [
                ContactCodeRecord(
                    ref=row.code_hash[:16],
                    created_at=row.created_at,
                    expires_at=row.expires_at,
                    revoked_at=row.revoked_at,
                )
                for row in rows
            ]

    def revoke(self, session: Session | Connection, worker_id: str, ref: str) -> bool:
        """Revoke the worker's code named `ref`; false when there is none in force."""
        if not re.fullmatch(r"[0-9a-f]{16}", ref):
            return False
        connection = session.connection() if isinstance(session, Session) else session
        done = connection.execute(
            update(ContactCode)
            .where(
                col(ContactCode.worker_id) == worker_id,
                col(ContactCode.code_hash).startswith(ref),
                col(ContactCode.revoked_at).is_(None),
            )
            .values(revoked_at=self._clock())
        )
        return bool(done.rowcount)


def resolve_code(connection: Connection, typed: str, now: datetime) -> str | None:
    """Return the worker that a code in force at `now` stands for; None for anything else."""
    characters = _normalize(typed)
    if characters is None:
        return None
    return connection.execute(
        select(col(ContactCode.worker_id))
        .join(Worker, col(Worker.id) == col(ContactCode.worker_id))
        .where(
            col(ContactCode.code_hash) == _hash(characters),
            col(ContactCode.expires_at) > now,
            col(ContactCode.revoked_at).is_(None),
            col(Worker.status) == "active",
        )
    ).scalar_one_or_none()


def is_contact_code(value: str) -> bool:
    """Whether `value` is written like a contact code, in force or not."""
    return _normalize(value) is not None


def normal_form(typed: str) -> str | None:
    """Return a contact code as it was given out, however it is typed; None for anything else."""
    characters = _normalize(typed)
    return None if characters is None else _written(characters)


def _normalize(typed: str) -> str | None:
    if len(typed) > 40:
        return None
    compact = re.sub(r"[\s-]", "", typed).upper()
    head, tail = compact[:2], compact[2:].translate(str.maketrans("OIL", "011"))
    match = _TYPED.fullmatch(head + tail)
    return match.group(1) if match else None


def _written(characters: str) -> str:
    return PREFIX + "-".join(characters[start : start + 4] for start in range(0, _LENGTH, 4))


def _hash(characters: str) -> str:
    return hashlib.sha256(characters.encode()).hexdigest()
