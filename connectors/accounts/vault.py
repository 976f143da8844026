"""Encryption at rest, as connectors need it."""

from __future__ import annotations

from typing import Protocol


class Vault(Protocol):
    """Seals secrets; what was sealed for one context does not open for another."""

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Return `plaintext` encrypted for `context`."""
        ...

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed for `context`; raises when it was not."""
        ...
