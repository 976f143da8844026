"""Give a lasting key a new version, retire an old one, mark one as compromised.

A new version is published before it is used, so that whoever keeps a copy of our public keys has it by then, and every
process has found it (`key_watch.py`). Each change is a consent event, and so stands in the log that the old key signs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from consent.models import ConsentEvent
from consent.stops.order import share_stops
from gateway.storage.database import explain
from gateway.storage.key_watch import SETTLE
from gateway.storage.lasting_keys import SIGNING, LastingKey, LastingPurpose, add_version
from gateway.storage.vault import Vault

REPLACEABLE: Final[frozenset[LastingPurpose]] = SIGNING | {"pairwise"}
"""The keys that can have a new version. What is made with the others would be lost with the old one."""

SHORTEST_OVERLAP: Final = timedelta(hours=1)
"""As long as copies of our key sets may be kept (`Cache-Control`)."""


class KeyChangeError(Exception):
    """A change of a key is refused. `code` is stable; the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def new_version(engine: Engine, vault: Vault, purpose: LastingPurpose, *, now: datetime, after: timedelta) -> int:
    """Make a version that is used when `after` has passed, and return its number. Raises `KeyChangeError`."""
    if after < SHORTEST_OVERLAP and purpose in SIGNING:
        raise KeyChangeError(
            "OVERLAP_TOO_SHORT",
            "Others may keep a copy of the public keys for an hour; wait at least that long. "
            "If the key has leaked, `gigway keys compromised` replaces it at once.",
        )
    with _changing(engine, now) as change:
        waiting = [number for number, each in change.versions(purpose).items() if each.used_from > now]
        if waiting:
            raise KeyChangeError(
                "KEY_WAITING", f"Version {waiting[0]} of the key {purpose!r} is published already and waits to be used."
            )
        return change.add(vault, purpose, used_from=now + max(after, SETTLE))


def mark_compromised(
    engine: Engine, vault: Vault, purpose: LastingPurpose, version: int, *, now: datetime
) -> int | None:
    """Mark a version; another takes over in a moment, the same for all processes. Return the version made for that.

    None when there is a newer one already, which then is used from that moment. Raises `KeyChangeError`.
    """
    at = now + SETTLE
    with _changing(engine, now) as change:
        versions = change.versions(purpose)
        if change.found(purpose, version).compromised_at is not None:
            raise KeyChangeError("KEY_COMPROMISED", f"Version {version} of the key {purpose!r} is marked already.")
        change.set(purpose, version, compromised_at=at)
        change.tell("compromise", purpose, version, {"at": at.isoformat()})
        newer = [n for n, each in versions.items() if n > version and not each.compromised_at and not each.retired_at]
        if not newer:
            return change.add(vault, purpose, used_from=at)
        if not any(versions[number].used_from <= at for number in newer):
            change.set(purpose, min(newer), used_from=at)
        return None


def retire(engine: Engine, purpose: LastingPurpose, version: int, *, now: datetime) -> None:
    """Destroy the private half of a version that a newer one has replaced. Raises `KeyChangeError`."""
    if purpose not in SIGNING:
        raise KeyChangeError(
            "KEY_NEEDED", f"Actors hold ids that only version {version} opens; it goes with the last of these actors."
        )
    with _changing(engine, now) as change:
        if change.found(purpose, version).retired_at is not None:
            raise KeyChangeError("KEY_RETIRED", f"Version {version} of the key {purpose!r} is retired already.")
        able = [
            number
            for number, each in change.versions(purpose).items()
            if number > version
            and each.used_from + SETTLE <= now
            and each.retired_at is None
            and each.compromised_at is None
        ]
        if not able:
            raise KeyChangeError(
                "KEY_IN_USE",
                f"No newer version of the key {purpose!r} is in use yet; make one with `gigway keys new {purpose}`, "
                "and wait until it signs.",
            )
        change.set(purpose, version, sealed=None, retired_at=now)
        change.tell("retire", purpose, version, {})


@contextmanager
def _changing(engine: Engine, now: datetime) -> Iterator[_Change]:
    try:
        with engine.begin() as connection:
            share_stops(connection)
            yield _Change(connection, now)
    except SQLAlchemyError as error:
        raise explain(error, engine.url) from None


@dataclass(frozen=True, slots=True)
class _Change:
    """One transaction of changes at an instant."""

    connection: Connection
    now: datetime

    def versions(self, purpose: LastingPurpose) -> Mapping[int, Any]:
        """Return the rows of a key by version, locked."""
        table = LastingKey.__table__  # type: ignore[attr-defined]
        query = select(table).where(table.c.purpose == purpose).order_by(table.c.version).with_for_update()
        return {row.version: row for row in self.connection.execute(query)}

    def found(self, purpose: LastingPurpose, version: int) -> Any:
        """Return one row. Raises `KeyChangeError`."""
        versions = self.versions(purpose)
        if version not in versions:
            known = ", ".join(map(str, versions))
            raise KeyChangeError("KEY_UNKNOWN", f"The key {purpose!r} has no version {version}; it has {known}.")
        return versions[version]

    def add(self, vault: Vault, purpose: LastingPurpose, *, used_from: datetime) -> int:
        """Add the next version."""
        number = max(self.versions(purpose)) + 1
        if not add_version(self.connection, vault, purpose, number, now=self.now, used_from=used_from):
            raise KeyChangeError("KEY_WAITING", f"Somebody has just made version {number} of the key {purpose!r}.")
        public = self.versions(purpose)[number].public
        self.tell("new", purpose, number, {"public": public, "used_from": used_from.isoformat()})
        return number

    def set(self, purpose: LastingPurpose, version: int, **values: object) -> None:
        """Change a row."""
        self.connection.execute(
            update(LastingKey)
            .where(col(LastingKey.purpose) == purpose, col(LastingKey.version) == version)
            .values(**values)
        )

    def tell(self, action: str, purpose: LastingPurpose, version: int, more: Mapping[str, object]) -> None:
        """Write it in the log."""
        self.connection.execute(
            insert(ConsentEvent).values(
                at=self.now,
                type=f"storage:keys:{action}",
                by_kind="operator",
                payload={"key": purpose, "version": version, **more},
            )
        )
