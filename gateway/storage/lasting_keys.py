"""Keys that outlast the master keys: what ids, pseudonyms and signatures are made with.

They are random, made once per database, and stand in it sealed under the master keys, so that a master key can be
replaced (`rotation.py`) and thrown away while ids that actors hold, checkpoints, receipts and notices stay good.
Every one has a version; `pairwise` ids carry it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection, Engine, LargeBinary, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Field, SQLModel, col

from consent.columns import Instant, utc_now
from gateway.storage.database import DatabaseError, explain
from gateway.storage.keyring import Keyring
from gateway.storage.vault import UnknownKeyError, Vault, VaultError

LastingPurpose = Literal["pairwise", "pseudonym", "digest", "audit", "receipts", "notices", "nonces", "database"]

PURPOSES: Final[tuple[LastingPurpose, ...]] = (
    "pairwise",
    "pseudonym",
    "digest",
    "audit",
    "receipts",
    "notices",
    "nonces",
    "database",
)
"""What needs a key of its own. `database` protects nothing: what is derived from it names this database."""

_LENGTH: Final = 32


class LastingKey(SQLModel, table=True):
    """One version of one key, sealed."""

    __tablename__ = "lasting_key"

    purpose: str = Field(primary_key=True, max_length=16)
    version: int = Field(primary_key=True)
    sealed: bytes = Field(sa_type=LargeBinary, repr=False)
    created_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class LastingKeys:
    """The opened keys, by purpose and version."""

    keys: Mapping[LastingPurpose, Mapping[int, bytes]] = field(repr=False)

    def key(self, purpose: LastingPurpose) -> bytes:
        """Return the newest version's 32 bytes."""
        versions = self.keys[purpose]
        return versions[max(versions)]

    def keyring(self, purpose: LastingPurpose) -> Keyring:
        """Return all versions, named by their numbers; the newest is the one to write with."""
        versions = self.keys[purpose]
        return Keyring(str(max(versions)), {str(number): key for number, key in versions.items()})


def open_lasting_keys(engine: Engine, vault: Vault, *, clock: Callable[[], datetime] = utc_now) -> LastingKeys:
    """Return the lasting keys of a migrated database, making those that are missing; several processes may do so.

    Raises `DatabaseError`: `MASTER_KEY_MISSING` when they are sealed under a master key that is not there,
    `MASTER_KEY_WRONG` when under another one of that name.
    """
    try:
        with engine.execution_options(read_only=True).connect() as connection:
            found = _read(connection, vault)
        if set(found) != set(PURPOSES):
            with engine.begin() as connection:
                _make(connection, vault, clock())
                found = _read(connection, vault)
    except UnknownKeyError as error:
        raise DatabaseError(
            "MASTER_KEY_MISSING",
            f"This database is sealed under the master key {error.name!r}; add it to GIGWAY_MASTER_KEYS again "
            "and run `gigway keys rotate` before you take it out.",
        ) from None
    except VaultError:
        raise DatabaseError(
            "MASTER_KEY_WRONG",
            "This database is sealed under another master key of the same name; "
            "set GIGWAY_MASTER_KEYS to what it was written with.",
        ) from None
    except SQLAlchemyError as error:
        raise explain(error, engine.url) from None
    return LastingKeys(found)


def _read(connection: Connection, vault: Vault) -> dict[LastingPurpose, dict[int, bytes]]:
    found: dict[LastingPurpose, dict[int, bytes]] = {}
    for row in connection.execute(
        select(col(LastingKey.purpose), col(LastingKey.version), col(LastingKey.sealed)).where(
            col(LastingKey.purpose).in_(PURPOSES)
        )
    ):
        found.setdefault(row.purpose, {})[row.version] = vault.open(row.sealed, _context(row.purpose, row.version))
    return found


def _make(connection: Connection, vault: Vault, now: datetime) -> None:
    insert_once = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(LastingKey)
    for purpose in PURPOSES:
        sealed = vault.seal(secrets.token_bytes(_LENGTH), _context(purpose, 1))
        connection.execute(
            insert_once.values(purpose=purpose, version=1, sealed=sealed, created_at=now).on_conflict_do_nothing()
        )


def _context(purpose: str, version: int) -> str:
    return f"lasting_key:{purpose}:{version}"
