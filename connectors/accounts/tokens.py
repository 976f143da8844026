"""The tokens of one linked account: what is sealed at rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.accounts.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTokens:
    """An access token, what refreshes it, and the facts learnt when the account was linked."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_response(
        cls, token: Mapping[str, Any], *, now: datetime, earlier: AccountTokens | None = None
    ) -> AccountTokens:
        """Read a token response (RFC 6749 §5.1); a refresh that brings no new refresh token keeps the old one.

        Raises `ValueError` when there is no access token.
        """
        access = token.get("access_token")
        if not isinstance(access, str) or not access:
            raise ValueError("the token response has no access token")
        refresh, lifetime = token.get("refresh_token"), token.get("expires_in")
        is_number = isinstance(lifetime, int | float) and not isinstance(lifetime, bool)
        return cls(
            access_token=access,
            refresh_token=refresh if isinstance(refresh, str) else (earlier.refresh_token if earlier else None),
            expires_at=now + timedelta(seconds=float(lifetime or 0)) if is_number else None,
            facts=earlier.facts if earlier else {},
        )

    def seal(self, vault: Vault, account_id: str) -> bytes:
        """Return the tokens encrypted for one account."""
        content = {
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "expires_at": self.expires_at.astimezone(UTC).isoformat() if self.expires_at else None,
            "facts": dict(self.facts),
        }
        return vault.seal(json.dumps(content).encode(), _context(account_id))

    @classmethod
    def open(cls, sealed: bytes, vault: Vault, account_id: str) -> AccountTokens:
        """Return what `seal` made; raises the vault's error when it is not for this account."""
        content = json.loads(vault.open(sealed, _context(account_id)))
        expires = content["expires_at"]
        return cls(
            access_token=content["access_token"],
            refresh_token=content["refresh_token"],
            expires_at=datetime.fromisoformat(expires) if expires else None,
            facts=content["facts"],
        )


def _context(account_id: str) -> str:
    return f"linked_account:{account_id}"
