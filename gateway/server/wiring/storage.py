"""The database and the keys."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass

from sqlalchemy import Engine

from consent.signing import Keys
from gateway.config import Settings
from gateway.storage.database import apart, check_connection, create_database_engine
from gateway.storage.key_watch import KeyWatch
from gateway.storage.lasting_keys import LastingKeys, LastingPurpose, open_lasting_keys
from gateway.storage.migrate import migrate
from gateway.storage.sealer import PairwiseSealer
from gateway.storage.vault import Vault
from gateway.storage.vocabulary import seed


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageParts:
    """Where everything is kept, and what protects it there."""

    database: Engine
    stopping: Engine
    """The same database, through connections that only stop things: a revocation waits for nothing to warm up."""
    master_keys: str
    """The names of the master keys, as processes tell each other."""
    lasting: LastingKeys
    keys: KeyWatch
    sealer: PairwiseSealer
    vault: Vault

    def signing_keys(self, purpose: LastingPurpose) -> Keys:
        """Return what returns the versions of a key that signs."""
        return self.keys.signing_keys(purpose)

    def work(self) -> list[Coroutine[None, None, None]]:
        """Return what looks for new versions of keys."""
        return [self.keys.run()]

    async def close(self) -> None:
        """Give the connections back."""
        self.database.dispose()
        self.stopping.dispose()


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
    keys = KeyWatch(database, vault, lasting)
    return StorageParts(
        database=database,
        stopping=apart(database),
        master_keys=settings.keyring.names(),
        lasting=lasting,
        keys=keys,
        sealer=PairwiseSealer(keys),
        vault=vault,
    )
