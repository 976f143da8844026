"""Pairwise ids: what one client sees as a worker's id means nothing to another.

An id is `gw<key version>_` and the AES-SIV encryption (RFC 5297) of the internal id under a key of its audience,
an actor or the worker themselves. The encryption is deterministic, so an actor sees the same id each time,
whatever versions of the key are made later, and authenticated, so that a foreign or invented id opens to nothing.
Satisfies the engine's `Sealer` protocol for `@pairwise`.
"""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from gateway.storage.keyring import Keyring

CONTACT_CODE_PREFIX = "GW-"
"""Contact codes are secrets of their own and pass `unseal` unchanged."""

NOTHING = "\N{EMPTY SET}"
"""What an id that is not one of the asker's unseals to: no internal id looks like it."""


class Audience(Protocol):
    """The part of a session that decides whose ids are meant."""

    @property
    def actor_id(self) -> str | None:
        """The actor that asks."""
        ...

    @property
    def worker_id(self) -> str | None:
        """The worker that asks."""
        ...


class IdKeys(Protocol):
    """The versions of the lasting key for ids (`key_watch.py`)."""

    def keyring(self) -> Keyring:
        """Return all versions by their names."""
        ...

    def name_for(self, audience: str) -> str:
        """Return the version that an audience's ids are made with; it never changes."""
        ...


class PairwiseSealer:
    """Seals internal ids for one audience at a time. Thread-safe; keys and ids are cached."""

    directive = "pairwise"

    def __init__(self, keys: IdKeys, *, cache_size: int = 65_536) -> None:
        self._keys = keys
        self._cipher = lru_cache(4096)(self._derive)
        self._seal = lru_cache(cache_size)(self._encrypt)
        self._unseal = lru_cache(cache_size)(self._decrypt)

    def seal(self, value: str, session: Audience) -> str:
        """Return the asker's id for the internal `value`."""
        return self._seal(value, _audience(session))

    def unseal(self, value: str, session: Audience) -> str:
        """Return the internal id behind the asker's `value`, or `NOTHING`."""
        if value.startswith(CONTACT_CODE_PREFIX):
            return value
        return self._unseal(value, _audience(session))

    def seal_for_actor(self, value: str, actor_id: str) -> str:
        """Return the id under which `actor_id` knows the internal `value`."""
        return self._seal(value, f"actor:{actor_id}")

    def unseal_for_actor(self, value: str, actor_id: str) -> str:
        """Return the internal id behind what `actor_id` knows as `value`, or `NOTHING`."""
        return self._unseal(value, f"actor:{actor_id}")

    def _derive(self, audience: str, name: str) -> AESSIV:
        return AESSIV(self._keys.keyring().derive(f"pairwise:{audience}", name=name, length=64))

    def _encrypt(self, value: str, audience: str) -> str:
        name = self._keys.name_for(audience)
        sealed = self._cipher(audience, name).encrypt(value.encode(), None)
        return f"gw{name}_{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode()}"

    def _decrypt(self, value: str, audience: str) -> str:
        head, _, encoded = value.partition("_")
        name = head.removeprefix("gw")
        if not head.startswith("gw") or name not in self._keys.keyring().keys:
            return NOTHING
        try:
            sealed = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
            return self._cipher(audience, name).decrypt(sealed, None).decode()
        except (InvalidTag, ValueError, binascii.Error):
            return NOTHING


def _audience(session: Audience) -> str:
    if session.actor_id is not None:
        return f"actor:{session.actor_id}"
    return f"worker:{session.worker_id}" if session.worker_id is not None else "nobody"
