"""The database and the keys."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from gateway.config import Settings
from gateway.storage.database import check_connection, create_database_engine
from gateway.storage.lasting_keys import LastingKeys, open_lasting_keys
from gateway.storage.migrate import migrate
from gateway.storage.sealer import PairwiseSealer
from gateway.storage.vault import Vault
from gateway.storage.vocabulary import seed


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageParts:
    """Where everything is kept, and what protects it there."""

    database: Engine
    master_keys: str
    """The names of the master keys, as processes tell each other."""
    lasting: LastingKeys
    sealer: PairwiseSealer
    vault: Vault

    async def close(self) -> None:
        """Give the connections back."""
        self.database.dispose()


def open_storage(settings: Settings) -> StorageParts:
    """Open the database and bring it up to date. Raises `DatabaseError`."""
    vault = Vault(settings.keyring)
    database = create_database_engine(settings.database_url)
    try:
        check_connection(database)
        migrate(database)
        seed(database)
        lasting = open_lasting_keys(database, vault)
    except BaseException:
        database.dispose()
        raise
    return StorageParts(
        database=database,
        master_keys=settings.keyring.names(),
        lasting=lasting,
        sealer=PairwiseSealer(lasting.keyring("pairwise")),
        vault=vault,
    )
