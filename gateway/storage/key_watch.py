"""What a running process knows about the lasting keys: it looks every few seconds, so that a new one needs no restart.

A new version is used `SETTLE` after it was made at the earliest (`key_versions.py`): by then every process has it.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from consent.models import Actor
from consent.signing import Keys, KeyVersion
from gateway.storage.keyring import Keyring
from gateway.storage.lasting_keys import LastingKeys, LastingPurpose, LastingVersion, read_lasting_keys
from gateway.storage.vault import Vault, VaultError

_log = logging.getLogger("gigway.storage.keys")

INTERVAL_SECONDS: Final = 4.0
SETTLE: Final = timedelta(seconds=15)
"""After how long every process is taken to have looked."""


class KeyWatch:
    """The lasting keys as they were when last looked at. Thread-safe: what is known is replaced as a whole."""

    def __init__(self, engine: Engine, vault: Vault, known: LastingKeys) -> None:
        self._engine = engine
        self._vault = vault
        self._known = known
        self._since: dict[str, datetime | None] = {}

    async def run(self, interval: float = INTERVAL_SECONDS) -> None:
        """Look every `interval` seconds until cancelled."""
        while True:
            await asyncio.sleep(interval)
            try:
                await asyncio.to_thread(self.look)
            except (SQLAlchemyError, VaultError) as error:
                _log.error("storage:keys:fail", extra={"error": type(error).__name__})

    def look(self) -> None:
        """Read the keys anew. Raises `VaultError` and what the database raises."""
        self._known = read_lasting_keys(self._engine, self._vault)

    def signing_keys(self, purpose: LastingPurpose) -> Keys:
        """Return what returns the versions of a key that signs."""
        return lambda: key_versions(self._known, purpose)

    def keyring(self) -> Keyring:
        """Return all versions of the key for ids."""
        return self._known.keyring("pairwise")

    def name_for(self, audience: str) -> str:
        """Return which version an audience's ids are made with: for an actor, the one in use when it was registered.

        So a new version is for new actors, and nobody's ids ever change. A worker's own ids are of the first.
        """
        versions = self._known.versions["pairwise"]
        if len(versions) == 1:
            return str(next(iter(versions)))
        since = self._registered(audience)
        used = [number for number, each in versions.items() if since is not None and each.used_from <= since]
        return str(max(used, default=min(versions)))

    def _registered(self, audience: str) -> datetime | None:
        kind, _, actor_id = audience.partition(":")
        if kind != "actor":
            return None
        if actor_id not in self._since:
            with self._engine.execution_options(read_only=True).connect() as connection:
                query = select(col(Actor.created_at)).where(col(Actor.id) == actor_id)
                self._since[actor_id] = connection.execute(query).scalar_one_or_none()
        return self._since[actor_id]


def key_versions(keys: LastingKeys, purpose: LastingPurpose) -> list[KeyVersion]:
    """Return the versions of a key that signs, the oldest first."""
    return [_key_version(number, each) for number, each in sorted(keys.versions[purpose].items())]


def _key_version(number: int, version: LastingVersion) -> KeyVersion:
    return KeyVersion(
        version=number,
        public=Ed25519PublicKey.from_public_bytes(bytes.fromhex(version.public or "")),
        private=Ed25519PrivateKey.from_private_bytes(version.secret) if version.secret is not None else None,
        published_at=version.created_at,
        used_from=version.used_from,
        retired_at=version.retired_at,
        compromised_at=version.compromised_at,
    )
