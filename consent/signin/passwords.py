"""Passwords, hashed with argon2id, verified so that neither answer nor time tells whether a login exists."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

import anyio.to_thread
from anyio import CapacityLimiter
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine, insert, select, update

from consent.models import new_id
from consent.signin.models import CREDENTIALS, WORKERS
from consent.signin.settings import SignInSettings
from consent.signin.throttle import forget_attempts, reserve_attempt

MIN_LENGTH: Final = 10
MAX_LENGTH: Final = 200
_AT_ONCE: Final = 2
"""Hashes at a time: each takes a core for a fifth of a second and 64 MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordAccepted:
    """The right password."""

    worker_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRefused:
    """`wrong`: the login or the password; which of them is not said. `too_many`: try again later."""

    reason: Literal["wrong", "too_many"]


class PasswordError(ValueError):
    """A password or login cannot be used. The message says what to change."""


class Passwords:
    """Sets and verifies passwords."""

    def __init__(self, engine: Engine, settings: SignInSettings, hasher: PasswordHasher | None = None) -> None:
        self._engine = engine
        self._settings = settings
        self._hasher = hasher or PasswordHasher()
        self._limiter = CapacityLimiter(_AT_ONCE)
        self._nobody = self._hasher.hash(new_id())

    def set_password(self, worker_id: str, login: str, password: str) -> None:
        """Give a worker a login and a password, replacing what they had. Raises `PasswordError`."""
        name = _checked(login, password)
        secret = self._hasher.hash(_normalize(password))
        with self._engine.begin() as connection:
            self._store(connection, worker_id, name, secret)

    async def sign_up(self, display_name: str, login: str, password: str, *, address: str) -> str:
        """Make a new person with a login and a password, and return their id. Raises `PasswordError`."""
        return await anyio.to_thread.run_sync(
            self._sign_up, display_name, login, password, address, limiter=self._limiter
        )

    def _sign_up(self, display_name: str, login: str, password: str, address: str) -> str:
        shown = display_name.strip()
        if not shown or len(shown) > MAX_LENGTH or not shown.isprintable():
            raise PasswordError("Write your name, with at most 200 characters.")
        name = _checked(login, password)
        if not reserve_attempt(self._engine, self._settings, f"sign-up {name}", address):
            raise PasswordError("Too many tries. Please wait a quarter of an hour.")
        secret, worker_id = self._hasher.hash(_normalize(password)), new_id()
        with self._engine.begin() as connection:
            connection.execute(
                insert(WORKERS).values(
                    id=worker_id,
                    status="active",
                    display_name=shown,
                    locale="en",
                    created_at=self._settings.clock(),
                )
            )
            self._store(connection, worker_id, name, secret)
        return worker_id

    def _store(self, connection: Connection, worker_id: str, name: str, secret: str) -> None:
        owner = connection.execute(
            select(CREDENTIALS.c.worker_id).where(CREDENTIALS.c.kind == "password", CREDENTIALS.c.name == name)
        ).scalar_one_or_none()
        if owner is not None and owner != worker_id:
            raise PasswordError("Choose another login.")
        connection.execute(
            CREDENTIALS.delete().where(CREDENTIALS.c.kind == "password", CREDENTIALS.c.worker_id == worker_id)
        )
        connection.execute(
            insert(CREDENTIALS).values(
                id=new_id(),
                worker_id=worker_id,
                kind="password",
                name=name,
                secret=secret,
                public={},
                sign_count=0,
                created_at=self._settings.clock(),
            )
        )

    async def verify(self, login: str, password: str, *, address: str) -> PasswordAccepted | PasswordRefused:
        """Return whose login and password these are."""
        return await anyio.to_thread.run_sync(self._verify, login, password, address, limiter=self._limiter)

    def _verify(self, login: str, password: str, address: str) -> PasswordAccepted | PasswordRefused:
        name = normalize_login(login)[: MAX_LENGTH + 1]
        if not reserve_attempt(self._engine, self._settings, name, address):
            return PasswordRefused(reason="too_many")
        with self._engine.execution_options(read_only=True).connect() as connection:
            found = connection.execute(
                select(CREDENTIALS.c.id, CREDENTIALS.c.worker_id, CREDENTIALS.c.secret)
                .join(WORKERS, WORKERS.c.id == CREDENTIALS.c.worker_id)
                .where(
                    CREDENTIALS.c.kind == "password",
                    CREDENTIALS.c.name == name,
                    CREDENTIALS.c.revoked_at.is_(None),
                    WORKERS.c.status == "active",
                )
            ).one_or_none()
        typed = _normalize(password[: MAX_LENGTH + 1])
        stored = self._nobody if found is None else found.secret
        try:
            self._hasher.verify(stored, typed)
        except (VerificationError, InvalidHashError):
            return PasswordRefused(reason="wrong")
        if found is None:
            return PasswordRefused(reason="wrong")
        values: dict[str, object] = {"last_used_at": self._settings.clock()}
        if self._hasher.check_needs_rehash(stored):
            values["secret"] = self._hasher.hash(typed)
        with self._engine.begin() as connection:
            connection.execute(update(CREDENTIALS).where(CREDENTIALS.c.id == found.id).values(**values))
            forget_attempts(connection, name, address)
        return PasswordAccepted(worker_id=found.worker_id)


def normalize_login(login: str) -> str:
    """Return `login` as it is compared: Unicode NFKC, case folded, without space around it."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def _normalize(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _checked(login: str, password: str) -> str:
    """Return the login as it is stored, when both can be used. Raises `PasswordError`."""
    name = normalize_login(login)
    if not name or len(name) > MAX_LENGTH:
        raise PasswordError("Choose a login of at most 200 characters.")
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise PasswordError("Choose a password of 10 to 200 characters.")
    return name
