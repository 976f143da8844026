"""Claims that wait for their proof: what a worker says is theirs, and the one-time code that only its owner can read.

    opened ─right code─► proven (and gone)
       ├─ wrong code ─► tries left? still open : gone
       └─ ten minutes ─► gone; counted for an hour

A worker opens few claims in an hour, and few codes go to one address, so that codes cannot be guessed by trying and
nobody's mailbox is flooded. Claim and code are sealed at rest. All functions block; call them in a thread.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlmodel import insert

from connectors.accounts.vault import Vault
from connectors.linking.models import LinkClaim

_LIFETIME = timedelta(minutes=10)
_COUNTED = timedelta(hours=1)
_MOST_TRIES = 5
_MOST_OF_WORKER = 10
_MOST_TO_ONE = 3
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_LENGTH = 8
_TABLE = LinkClaim.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClaim:
    """A claim with its code, to be handed over; `id` is a secret of the worker's browser."""

    id: str = field(repr=False)
    claim: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenClaim:
    """A claim whose code came back."""

    claim: str = field(repr=False)
    return_to: str | None


ClaimRefusal = Literal["TOO_MANY", "UNKNOWN", "WRONG_CODE"]


class ClaimStore:
    """Claims in the database; `digest_key` hides whom codes were sent to."""

    def __init__(self, engine: Engine, vault: Vault, *, digest_key: bytes, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._vault = vault
        self._digest_key = digest_key
        self._clock = clock

    def open(self, claim: str, *, worker_id: str, platform: str, return_to: str | None) -> OpenClaim | ClaimRefusal:
        """Keep a claim with a fresh code, or refuse because there were too many lately."""
        opened = OpenClaim(id=secrets.token_urlsafe(32), claim=claim, code=new_code())
        digest, now = _digest(opened.id), self._clock()
        target = hmac.digest(self._digest_key, f"{platform}\n{claim}".encode(), "sha256").hex()
        with self._engine.begin() as connection:
            purge(connection, now=now)
            if (
                _count(connection, _TABLE.c.worker_id == worker_id) >= _MOST_OF_WORKER
                or _count(connection, _TABLE.c.target_digest == target) >= _MOST_TO_ONE
            ):
                return "TOO_MANY"
            connection.execute(
                insert(LinkClaim).values(
                    id_digest=digest,
                    worker_id=worker_id,
                    platform=platform,
                    target_digest=target,
                    sealed=self._vault.seal(json.dumps([claim, opened.code]).encode(), _context(digest)),
                    return_to=return_to,
                    tries_left=_MOST_TRIES,
                    opened_at=now,
                )
            )
        return opened

    def prove(self, claim_id: str, code: str, *, worker_id: str, platform: str) -> ProvenClaim | ClaimRefusal:
        """Take a claim out if this is its code; a wrong code costs a try, whoever gives it at the same time."""
        digest, now = _digest(claim_id), self._clock()
        mine = (_TABLE.c.id_digest == digest, _TABLE.c.worker_id == worker_id, _TABLE.c.platform == platform)
        with self._engine.begin() as connection:
            row = connection.execute(
                update(LinkClaim)
                .where(*mine, _TABLE.c.tries_left > 0, _TABLE.c.opened_at > now - _LIFETIME)
                .values(tries_left=_TABLE.c.tries_left - 1)
                .returning(_TABLE.c.sealed, _TABLE.c.return_to, _TABLE.c.tries_left)
            ).one_or_none()
            if row is None:
                return "UNKNOWN"
            claim, expected = json.loads(self._vault.open(row.sealed, _context(digest)))
            if not hmac.compare_digest(normal_code(code).encode(), expected.encode()):
                return "WRONG_CODE" if row.tries_left > 0 else "UNKNOWN"
            connection.execute(update(LinkClaim).where(*mine).values(tries_left=0))
        return ProvenClaim(claim=claim, return_to=row.return_to)


def purge(connection: Connection, *, now: datetime) -> None:
    """Forget claims that are neither open nor counted any more."""
    connection.execute(delete(LinkClaim).where(_TABLE.c.opened_at < now - _COUNTED))


def new_code() -> str:
    """Return a code of forty random bits, without letters that look like others."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))


def normal_code(text: str) -> str:
    """Return a typed code as it was made, whatever its case and its spaces."""
    return "".join(letter for letter in text.upper() if letter.isalnum() and letter.isascii())


def shown_code(code: str) -> str:
    """Return a code as it is written to people."""
    return f"{code[:4]}-{code[4:]}"


def _count(connection: Connection, condition: object) -> int:
    query = select(func.count()).select_from(LinkClaim).where(condition)  # type: ignore[arg-type]
    return int(connection.execute(query).scalar_one())


def _digest(claim_id: str) -> str:
    return hashlib.sha256(claim_id.encode()).hexdigest()


def _context(digest: str) -> str:
    return f"link_claim:{digest}"
