"""The database and the keys."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from gateway.config import Settings
from gateway.storage.database import check_connection, create_database_engine
from gateway.storage.keyring import Keyring
from gateway.storage.migrate import migrate
from gateway.storage.sealer import PairwiseSealer
from gateway.storage.vault import Vault
from gateway.storage.vocabulary import seed


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageParts:
    """Where everything is kept, and what protects it there."""

    database: Engine
    keyring: Keyring
    sealer: PairwiseSealer
    vault: Vault

    async def close(self) -> None:
        """Give the connections back."""
        self.database.dispose()


def open_storage(settings: Settings) -> StorageParts:
    """Open the database and bring it up to date. Raises `DatabaseError`."""
    keyring = settings.keyring
    return StorageParts(
        database=_open_database(settings.database_url),
        keyring=keyring,
        sealer=PairwiseSealer(keyring),
        vault=Vault(keyring),
    )


def _open_database(url: str) -> Engine:
    database = create_database_engine(url)
    try:
        check_connection(database)
        migrate(database)
        seed(database)
    except BaseException:
        database.dispose()
        raise
    return database
