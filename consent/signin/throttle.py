"""How often one may try to sign in: counted in the database, so that all processes count together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from consent.signin.models import ATTEMPTS
from consent.signin.settings import SignInSettings

WINDOW: Final = timedelta(minutes=15)
PER_LOGIN_AND_ADDRESS: Final = 5
PER_LOGIN: Final = 50
PER_ADDRESS: Final = 50


def reserve_attempt(connection: Connection, settings: SignInSettings, login: str, address: str) -> bool:
    """Count a try *before* it is made, so that simultaneous ones cannot slip through. False when there were too many.

    A login is limited most strictly per address: a stranger elsewhere cannot easily lock its owner out.
    """
    now = settings.clock()
    allowed = True
    for key, limit in _limits(login, address).items():
        connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.key_hash == key, ATTEMPTS.c.at <= now - WINDOW))
        connection.execute(insert(ATTEMPTS).values(key_hash=key, at=now))
        tries = connection.execute(
            select(func.count()).select_from(ATTEMPTS).where(ATTEMPTS.c.key_hash == key)
        ).scalar_one()
        allowed = allowed and tries <= limit
    return allowed


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
