"""Hands out credentials, refreshed before they expire, by one process at a time.

live? ─yes─► hand out
  └─no─► claim the refresh (a row, so that processes exclude each other)
           ├─ ours: ask the token endpoint ─► store the new version
           └─ another's: look again until its version has changed
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from connectors.accounts.store import AccountStore, StoredCredential
from connectors.accounts.tokens import AccountTokens
from connectors.runtime.linked import LinkedCredential
from connectors.transport import (
    AccountCredential,
    Permit,
    UpstreamError,
    UpstreamTimeoutError,
    UpstreamUnauthorizedError,
)
from connectors.transport.permit import WorkerAct, require_open

_LEEWAY = timedelta(seconds=30)
_HOLD = timedelta(seconds=30)
_LOOK_AGAIN = 0.05


class RefusedRefreshError(Exception):
    """The platform refuses the refresh token: the worker must link again."""


class Refresher(Protocol):
    """Asks a platform's token endpoint for a new access token."""

    async def refresh(self, platform: str, refresh_token: str, *, permit: Permit) -> Mapping[str, Any]:
        """Return the token response. Raises `RefusedRefreshError`, `UpstreamError`."""
        ...


class CredentialMaker(Protocol):
    """Makes what proves requests, of an account's tokens or of Gigway's own registration."""

    def reads_as_gigway(self, platform: str) -> bool:
        """Whether one credential of this Gigway reads all accounts of a platform."""
        ...

    async def credential(self, platform: str, account_id: str, tokens: AccountTokens) -> AccountCredential:
        """Return an account's credential. Raises `UpstreamError`."""
        ...

    def renew(self, platform: str) -> None:
        """Gigway's own credential was refused."""
        ...


class CredentialKeeper:
    """The runtime's `Credentials`, on the account store."""

    def __init__(
        self,
        store: AccountStore,
        refresher: Refresher,
        maker: CredentialMaker,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._refresher = refresher
        self._maker = maker
        self._clock = clock

    async def acquire(
        self, account_id: str, platform: str, *, permit: Permit, deadline: float | None
    ) -> LinkedCredential:
        """Return a live credential. Raises `UpstreamUnauthorizedError`, or another `UpstreamError` of a refresh."""
        stored = await self._load(account_id, platform)
        while self._is_stale(stored.tokens):
            if await asyncio.to_thread(self._store.claim_refresh, account_id, stored.account.version, _HOLD):
                require_open(permit)
                # Once begun, a refresh runs to its end even if the permit ends meanwhile: it reads nothing of the
                # worker's, and a platform that rotates refresh tokens has spent the old one by then.
                return await self._hand_out(await asyncio.shield(asyncio.ensure_future(self._refresh(stored))))
            if deadline is not None and asyncio.get_running_loop().time() >= deadline:
                raise UpstreamTimeoutError("The account's credential is still being renewed.")
            await asyncio.sleep(_LOOK_AGAIN)
            stored = await self._load(account_id, platform)
        return await self._hand_out(stored)

    async def reject(self, account_id: str, version: int) -> None:
        """Mark the account as to be linked again."""
        await asyncio.to_thread(self._store.need_relink, account_id, version, "REFUSED_BY_PLATFORM")

    async def _load(self, account_id: str, platform: str) -> StoredCredential:
        stored = await asyncio.to_thread(self._store.credential, account_id, platform)
        if stored is None:
            raise UpstreamUnauthorizedError("The worker must link this account again.")
        return stored

    def _is_stale(self, tokens: AccountTokens) -> bool:
        return tokens.expires_at is not None and tokens.expires_at - _LEEWAY <= self._clock()

    async def _refresh(self, stored: StoredCredential) -> StoredCredential:
        account, tokens = stored.account, stored.tokens
        try:
            if tokens.refresh_token is None:
                raise RefusedRefreshError
            response = await self._refresher.refresh(account.platform, tokens.refresh_token, permit=WorkerAct())
            fresh = AccountTokens.from_response(response, now=self._clock(), earlier=tokens)
        except (RefusedRefreshError, ValueError):
            await asyncio.to_thread(self._store.need_relink, account.id, account.version, "EXPIRED")
            raise UpstreamUnauthorizedError("The worker must link this account again.") from None
        except UpstreamError:
            await asyncio.to_thread(self._store.give_up_refresh, account.id, account.version)
            raise
        await asyncio.to_thread(self._store.store_refreshed, account.id, account.version, fresh)
        return await self._load(account.id, account.platform)

    async def _hand_out(self, stored: StoredCredential) -> LinkedCredential:
        account = stored.account
        is_own = self._maker.reads_as_gigway(account.platform)
        return LinkedCredential(
            credential=await self._maker.credential(account.platform, account.id, stored.tokens),
            facts=stored.tokens.facts,
            version=account.version,
            renew=(lambda: self._maker.renew(account.platform)) if is_own else None,
        )
