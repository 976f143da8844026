"""Keys that outlast the master keys: what ids, pseudonyms and signatures are made with.

They are random, made once per database, and stand in it sealed under the master keys, so that a master key can be
replaced (`rotation.py`) and thrown away while ids that actors hold, checkpoints, receipts and notices stay good.
Every one has a version. Those that sign, and the one for ids, can be given a new one (`key_versions.py`), which a
running process finds by itself (`key_watch.py`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import CheckConstraint, Connection, Engine, LargeBinary, select
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

SIGNING: Final[frozenset[LastingPurpose]] = frozenset({"audit", "receipts", "notices"})
"""Those whose 32 bytes are an Ed25519 private key."""

_LENGTH: Final = 32


class LastingKey(SQLModel, table=True):
    """One version of one key, sealed; a retired one has only its public half left."""

    __tablename__ = "lasting_key"
    __table_args__ = (CheckConstraint("(sealed IS NULL) = (retired_at IS NOT NULL)", name="ck_lasting_key_retired"),)

    purpose: str = Field(primary_key=True, max_length=16)
    version: int = Field(primary_key=True)
    sealed: bytes | None = Field(sa_type=LargeBinary, nullable=True, repr=False)
    public: str | None = Field(default=None, max_length=64)
    created_at: datetime = Field(sa_type=Instant)
    used_from: datetime = Field(sa_type=Instant)
    retired_at: datetime | None = Field(default=None, sa_type=Instant)
    compromised_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastingVersion:
    """One version, opened. `secret` is None once it is retired, `public` (hexadecimal) where it does not sign."""

    secret: bytes | None = field(repr=False)
    public: str | None
    created_at: datetime
    used_from: datetime
    retired_at: datetime | None
    compromised_at: datetime | None


@dataclass(frozen=True, slots=True)
class LastingKeys:
    """The opened keys, by purpose and version."""

    versions: Mapping[LastingPurpose, Mapping[int, LastingVersion]]

    def key(self, purpose: LastingPurpose) -> bytes:
        """Return the newest version's 32 bytes; for keys that have one version for ever."""
        keys = self._secrets(purpose)
        return keys[max(keys)]

    def keyring(self, purpose: LastingPurpose) -> Keyring:
        """Return all versions, named by their numbers; `current` is the newest."""
        keys = self._secrets(purpose)
        return Keyring(str(max(keys)), {str(number): key for number, key in keys.items()})

    def _secrets(self, purpose: LastingPurpose) -> dict[int, bytes]:
        versions = self.versions[purpose].items()
        return {number: each.secret for number, each in versions if each.secret is not None}


def open_lasting_keys(engine: Engine, vault: Vault, *, clock: Callable[[], datetime] = utc_now) -> LastingKeys:
    """Return the lasting keys of a migrated database, making those that are missing; several processes may do so.

    Raises `DatabaseError`: `MASTER_KEY_MISSING` when they are sealed under a master key that is not there,
    `MASTER_KEY_WRONG` when under another one of that name.
    """
    try:
        found = read_lasting_keys(engine, vault)
        if set(found.versions) != set(PURPOSES):
            with engine.begin() as connection:
                for purpose in PURPOSES:
                    add_version(connection, vault, purpose, 1, now=clock(), used_from=clock())
            found = read_lasting_keys(engine, vault)
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
    return found


def read_lasting_keys(engine: Engine, vault: Vault) -> LastingKeys:
    """Return what stands in the database. Raises `VaultError` and what the database raises."""
    table: dict[LastingPurpose, dict[int, LastingVersion]] = {}
    with engine.execution_options(read_only=True).connect() as connection:
        rows = connection.execute(
            select(LastingKey.__table__).where(col(LastingKey.purpose).in_(PURPOSES))  # type: ignore[attr-defined]
        ).all()
    for row in rows:
        sealed: bytes | None = row.sealed
        table.setdefault(row.purpose, {})[row.version] = LastingVersion(
            secret=None if sealed is None else vault.open(sealed, _context(row.purpose, row.version)),
            public=row.public,
            created_at=row.created_at,
            used_from=row.used_from,
            retired_at=row.retired_at,
            compromised_at=row.compromised_at,
        )
    return LastingKeys(table)


def add_version(
    connection: Connection, vault: Vault, purpose: LastingPurpose, version: int, *, now: datetime, used_from: datetime
) -> bool:
    """Make a version of a key, unless somebody has made it already; says whether it did."""
    secret = secrets.token_bytes(_LENGTH)
    public = None
    if purpose in SIGNING:
        public = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw().hex()
    insert_once = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(LastingKey)
    made = connection.execute(
        insert_once.values(
            purpose=purpose,
            version=version,
            sealed=vault.seal(secret, _context(purpose, version)),
            public=public,
            created_at=now,
            used_from=used_from,
        )
        .on_conflict_do_nothing()
        .returning(col(LastingKey.version))
    )
    return made.one_or_none() is not None


def _context(purpose: str, version: int) -> str:
    return f"lasting_key:{purpose}:{version}"
