"""What the runtime needs of a linked account: its credential and the facts learnt when it was linked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from connectors.transport import AccountCredential, Permit


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedCredential:
    """An account's credential as it goes over the wire; `facts` is what `$account` stands for.

    `version` tells this credential from the ones before and after it. `renew` is there where the credential is this
    Gigway's own: it is called when the platform refuses it, which then is not the account's fault.
    """

    credential: AccountCredential
    facts: Mapping[str, Any] = field(repr=False)
    version: int
    renew: Callable[[], None] | None = None


class Takeouts(Protocol):
    """Reads the exports that workers uploaded."""

    async def read(self, account_id: str, file: str) -> tuple[list[Any], str, datetime]:
        """Return a file's rows or documents, the SHA-256 of the upload, and when it was uploaded.

        Raises `UpstreamUnauthorizedError` when there is no export of this account.
        """
        ...


class Credentials(Protocol):
    """Hands out credentials of linked accounts, refreshed where they have expired."""

    async def acquire(
        self, account_id: str, platform: str, *, permit: Permit, deadline: float | None
    ) -> LinkedCredential:
        """Return the account's live credential; a refresh is made under `permit`.

        Raises `UpstreamUnauthorizedError` when the account is not linked at this platform, or must be linked again.
        """
        ...

    async def reject(self, account_id: str, version: int) -> None:
        """The platform refused this credential: the account must be linked again."""
        ...
