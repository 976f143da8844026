"""How often one may try to sign in: counted in the database, so that all processes count together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, Engine, delete, func, insert, select

from consent.signin.models import ATTEMPTS
from consent.signin.settings import SignInSettings

WINDOW: Final = timedelta(minutes=15)
PER_LOGIN_AND_ADDRESS: Final = 5
PER_LOGIN: Final = 50
PER_ADDRESS: Final = 50


def reserve_attempt(engine: Engine, settings: SignInSettings, login: str, address: str) -> bool:
    """Count a try *before* it is made. False when there were too many.

    The try is committed before tries are counted, so that of simultaneous ones the later always sees the earlier.
    A login is limited most strictly per address: a stranger elsewhere cannot easily lock its owner out.
    """
    now, limits = settings.clock(), _limits(login, address)
    with engine.begin() as connection:
        connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.key_hash.in_(limits), ATTEMPTS.c.at <= now - WINDOW))
        connection.execute(insert(ATTEMPTS), [{"key_hash": key, "at": now} for key in limits])
    with engine.execution_options(read_only=True).connect() as connection:
        tries = connection.execute(
            select(ATTEMPTS.c.key_hash, func.count())
            .where(ATTEMPTS.c.key_hash.in_(limits))
            .group_by(ATTEMPTS.c.key_hash)
        ).all()
    return all(count <= limits[key] for key, count in tries)


def forget_attempts(connection: Connection, login: str, address: str) -> None:
    """Forget the tries of a login from an address where it has just succeeded."""
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.key_hash == _key("both", login, address)))


def _limits(login: str, address: str) -> Mapping[str, int]:
    return {
        _key("both", login, address): PER_LOGIN_AND_ADDRESS,
        _key("login", login): PER_LOGIN,
        _key("address", address): PER_ADDRESS,
    }


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
