"""Refs and cursors that mean something to one reader only, and account ids that mean something to one platform only.

A reader is an actor, or the worker. A platform's own ids never leave: what a reader sees is an HMAC of them under a
key of this reader and account, so that two readers cannot join what they see. Cursors are encrypted (AES-SIV) under
the same key, so that they tell nothing, and a cursor of another reader or account does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV


class Asker(Protocol):
    """The part of a session that says who reads."""

    @property
    def actor_id(self) -> str | None:
        """The actor that asks."""
        ...

    @property
    def worker_id(self) -> str | None:
        """The worker that asks."""
        ...


class CursorError(ValueError):
    """A cursor that was not made here for this reader."""


class Pseudonyms:
    """The names under which one reader knows what belongs to one account."""

    def __init__(self, key: bytes, *, asker: Asker | None, account_id: str) -> None:
        reader = "nobody"
        if asker is not None:
            reader = f"actor:{asker.actor_id}" if asker.actor_id is not None else f"worker:{asker.worker_id}"
        self._key = hmac.digest(key, f"{reader}\n{account_id}".encode(), "sha512")
        self._cipher = AESSIV(self._key)

    @property
    def mapping_key(self) -> bytes:
        """The key for the mapping language's own pseudonyms."""
        return hmac.digest(self._key, b"mapping", "sha256")

    def name(self, kind: str, value: str) -> str:
        """Return the pseudonym of a platform's `value`."""
        digest = hmac.digest(self._key, f"{kind}\n{value}".encode(), hashlib.sha256)[:15]
        return base64.b32encode(digest).decode().lower()

    def seal(self, position: dict[str, Any]) -> str:
        """Return a cursor that holds `position`."""
        text = json.dumps(position, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._cipher.encrypt(text, None)).rstrip(b"=").decode()

    def open(self, cursor: str) -> dict[str, Any]:
        """Return what a cursor holds. Raises `CursorError`."""
        try:
            sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            position = json.loads(self._cipher.decrypt(sealed, None))
        except (InvalidTag, ValueError, binascii.Error):
            raise CursorError("This cursor was not made here for this reader.") from None
        return dict(position)


class AccountNames:
    """The ids under which one platform knows accounts: ours sealed under a key of this platform (AES-SIV), so that it
    sees the same id for the same account every time, and two platforms cannot join what they see.
    """

    def __init__(self, key: bytes, *, platform: str) -> None:
        self._cipher = AESSIV(hmac.digest(key, f"platform:{platform}".encode(), "sha512"))

    def seal(self, account_id: str) -> str:
        """Return the platform's id of an account."""
        sealed = self._cipher.encrypt(account_id.encode(), None)
        return base64.b32encode(sealed).rstrip(b"=").decode().lower()
