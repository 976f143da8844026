"""Linked accounts in the database: one transaction per change, the consent side's gate written in the same one.

All functions block; call them in a thread.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, Engine, or_, select, update
from sqlmodel import col, insert

from connectors.accounts.models import AccountStatus, LinkedAccount, new_account_id
from connectors.accounts.tokens import AccountTokens
from connectors.accounts.vault import Vault


class SubjectGate(Protocol):
    """The consent side's fact *may this account be read at all*, written in the transaction that decides it."""

    def open(self, session: Connection, *, account_id: str, worker_id: str, platform: str) -> None:
        """Let the account be read, as far as grants allow."""
        ...

    def close(self, session: Connection, *, account_id: str, reason: str) -> None:
        """Let nobody read the account from the commit on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account without its credential."""

    id: str
    worker_id: str
    platform: str
    status: AccountStatus
    reason: str | None
    linked_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCredential:
    """An account with its opened tokens."""

    account: AccountView
    tokens: AccountTokens


Forget = Callable[[Connection, str], None]
"""What else happens to an account, by id, in the same transaction."""


class ForeignAccountError(Exception):
    """The platform's account is linked by another worker already."""


_TABLE = LinkedAccount.__table__  # type: ignore[attr-defined]
_VIEW = (
    _TABLE.c.id,
    _TABLE.c.worker_id,
    _TABLE.c.platform,
    _TABLE.c.status,
    _TABLE.c.reason,
    _TABLE.c.linked_at,
    _TABLE.c.version,
)


class AccountStore:
    """Reads and changes linked accounts."""

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        gate: SubjectGate,
        *,
        digest_key: bytes,
        clock: Callable[[], datetime],
        forget: Sequence[Forget] = (),
    ) -> None:
        """`forget` is called within the transaction that unlinks an account, with its id."""
        self._engine = engine
        self._reader = engine.execution_options(read_only=True)
        self._vault = vault
        self._gate = gate
        self._digest_key = digest_key
        self._clock = clock
        self._forget = forget

    def link(
        self,
        *,
        worker_id: str,
        platform: str,
        reference: str,
        tokens: AccountTokens,
        also: Forget | None = None,
    ) -> AccountView:
        """Store a linked account, new or linked again, and open its gate; `also` runs in the same transaction.

        Raises `ForeignAccountError` when another worker has linked it.
        """
        digest = hmac.digest(self._digest_key, f"{platform}\n{reference}".encode(), "sha256").hex()
        now = self._clock()
        with self._engine.begin() as connection:
            known = connection.execute(
                select(_TABLE.c.id, _TABLE.c.worker_id).where(
                    _TABLE.c.platform == platform,
                    _TABLE.c.reference_digest == digest,
                    _TABLE.c.status != "UNLINKED",
                )
            ).one_or_none()
            if known is not None and known.worker_id != worker_id:
                raise ForeignAccountError
            account_id = known.id if known is not None else new_account_id()
            values = {
                "status": "OK",
                "reason": None,
                "credential": tokens.seal(self._vault, account_id),
                "expires_at": tokens.expires_at,
                "refresh_until": None,
                "linked_at": now,
                "updated_at": now,
            }
            if known is None:
                connection.execute(
                    insert(LinkedAccount).values(
                        id=account_id,
                        worker_id=worker_id,
                        platform=platform,
                        reference_digest=digest,
                        version=1,
                        **values,
                    )
                )
            else:
                connection.execute(
                    update(LinkedAccount)
                    .where(_TABLE.c.id == account_id)
                    .values(version=_TABLE.c.version + 1, **values)
                )
            if also is not None:
                also(connection, account_id)
            self._gate.open(connection, account_id=account_id, worker_id=worker_id, platform=platform)
            return _view(connection, account_id)

    def unlink(self, account_id: str, *, worker_id: str, reason: str = "UNLINKED") -> AccountTokens | None:
        """Close an account of this worker, delete its credential and return it, so that it can be revoked.

        None when there is no such account.
        """
        with self._engine.begin() as connection:
            row = connection.execute(
                select(_TABLE.c.credential).where(
                    _TABLE.c.id == account_id, _TABLE.c.worker_id == worker_id, _TABLE.c.status != "UNLINKED"
                )
            ).one_or_none()
            if row is None:
                return None
            drop_credential(connection, account_id, reason=reason, now=self._clock())
            for forget in self._forget:
                forget(connection, account_id)
            self._gate.close(connection, account_id=account_id, reason=reason)
        return AccountTokens.open(row.credential, self._vault, account_id) if row.credential else None

    def need_relink(self, account_id: str, version: int, reason: str) -> bool:
        """Mark the account if its credential is still this version; return whether it was."""
        with self._engine.begin() as connection:
            done = connection.execute(
                update(LinkedAccount)
                .where(_TABLE.c.id == account_id, _TABLE.c.version == version, _TABLE.c.status == "OK")
                .values(status="RELINK_NEEDED", reason=reason, refresh_until=None, updated_at=self._clock())
            )
            return bool(done.rowcount)

    def credential(self, account_id: str, platform: str) -> StoredCredential | None:
        """Return a live account's tokens; None when it is not linked, or must be linked again."""
        with self._reader.connect() as connection:
            row = connection.execute(
                select(*_VIEW, _TABLE.c.credential).where(
                    _TABLE.c.id == account_id, _TABLE.c.platform == platform, _TABLE.c.status == "OK"
                )
            ).one_or_none()
        if row is None or row.credential is None:
            return None
        *fields, sealed = row
        return StoredCredential(account=_to_view(fields), tokens=AccountTokens.open(sealed, self._vault, account_id))

    def claim_refresh(self, account_id: str, version: int, hold: timedelta) -> bool:
        """Become the one that refreshes this version, for as long as `hold`; return whether that went."""
        now = self._clock()
        with self._engine.begin() as connection:
            done = connection.execute(
                update(LinkedAccount)
                .where(
                    _TABLE.c.id == account_id,
                    _TABLE.c.version == version,
                    _TABLE.c.status == "OK",
                    or_(col(LinkedAccount.refresh_until).is_(None), _TABLE.c.refresh_until < now),
                )
                .values(refresh_until=now + hold)
            )
            return bool(done.rowcount)

    def store_refreshed(self, account_id: str, version: int, tokens: AccountTokens) -> bool:
        """Replace the credential if it is still this version; return whether it was."""
        with self._engine.begin() as connection:
            done = connection.execute(
                update(LinkedAccount)
                .where(_TABLE.c.id == account_id, _TABLE.c.version == version, _TABLE.c.status == "OK")
                .values(
                    credential=tokens.seal(self._vault, account_id),
                    expires_at=tokens.expires_at,
                    version=version + 1,
                    refresh_until=None,
                    updated_at=self._clock(),
                )
            )
            return bool(done.rowcount)

    def give_up_refresh(self, account_id: str, version: int) -> None:
        """Let another try to refresh this version."""
        with self._engine.begin() as connection:
            connection.execute(
                update(LinkedAccount)
                .where(_TABLE.c.id == account_id, _TABLE.c.version == version)
                .values(refresh_until=None)
            )

    def of_worker(self, worker_id: str) -> list[AccountView]:
        """Return a worker's linked accounts, by platform and age."""
        return self._views(_TABLE.c.worker_id == worker_id, _TABLE.c.status != "UNLINKED")

    def by_ids(self, account_ids: Sequence[str]) -> list[AccountView]:
        """Return the accounts with these ids, unlinked ones included."""
        return self._views(_TABLE.c.id.in_(account_ids))

    def _views(self, *conditions: object) -> list[AccountView]:
        query = select(*_VIEW).where(*conditions).order_by(_TABLE.c.platform, _TABLE.c.linked_at, _TABLE.c.id)  # type: ignore[arg-type]
        with self._reader.connect() as connection:
            return [_to_view(row) for row in connection.execute(query)]


def drop_credential(connection: Connection, account_id: str, *, reason: str, now: datetime) -> None:
    """Mark an account as unlinked and delete its credential, in the caller's transaction."""
    connection.execute(
        update(LinkedAccount)
        .where(_TABLE.c.id == account_id)
        .values(
            status="UNLINKED",
            reason=reason,
            credential=None,
            expires_at=None,
            refresh_until=None,
            version=_TABLE.c.version + 1,
            updated_at=now,
        )
    )


def _view(connection: Connection, account_id: str) -> AccountView:
    return _to_view(connection.execute(select(*_VIEW).where(_TABLE.c.id == account_id)).one())


def _to_view(row: Sequence[object]) -> AccountView:
    account_id, worker_id, platform, status, reason, linked_at, version = row
    return AccountView(  # the row's types are the table's
        id=account_id,  # type: ignore[arg-type]
        worker_id=worker_id,  # type: ignore[arg-type]
        platform=platform,  # type: ignore[arg-type]
        status=status,  # type: ignore[arg-type]
        reason=reason,  # type: ignore[arg-type]
        linked_at=linked_at,  # type: ignore[arg-type]
        version=version,  # type: ignore[arg-type]
    )
