"""One-time codes from an authenticator app (TOTP, RFC 6238): the second factor beside a password.

SHA-1, six digits, thirty seconds: what every app speaks. A code counts once, one step of clock skew is forgiven,
and the shared secret is sealed at rest, because unlike a password it must be readable to be checked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import quote

from sqlalchemy import Engine, delete, insert, select, update

from consent.models import new_id
from consent.signin.models import CREDENTIALS
from consent.signin.settings import SignInSettings
from consent.signin.states import put_state, take_state
from consent.signin.throttle import forget_attempts, reserve_attempt

STEP: Final = 30
DIGITS: Final = 6
_SKEW: Final = 1


class Vault(Protocol):
    """Seals secrets at rest, each for one context."""

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Return `plaintext`, sealed."""
        ...

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed for `context`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpSetup:
    """What a worker puts into their app. `state` names the setup until a first code confirms it."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    state: str


class Totp:
    """Sets up and checks one-time codes. Synchronous: call it in a thread."""

    def __init__(self, engine: Engine, settings: SignInSettings, vault: Vault) -> None:
        self._engine = engine
        self._settings = settings
        self._vault = vault

    def is_on(self, worker_id: str) -> bool:
        """Whether the worker's password needs a code."""
        with self._engine.execution_options(read_only=True).connect() as connection:
            return connection.execute(select(CREDENTIALS.c.id).where(_is_live(worker_id))).first() is not None

    def begin_setup(self, worker_id: str, label: str) -> TotpSetup:
        """Return a fresh secret for the worker's app; nothing changes before `finish_setup`."""
        secret = base64.b32encode(secrets.token_bytes(20)).decode()
        sealed = self._vault.seal(secret.encode(), _context(worker_id))
        state = put_state(
            self._engine,
            self._settings,
            "totp-setup",
            {"worker_id": worker_id, "sealed": base64.b64encode(sealed).decode()},
        )
        uri = f"otpauth://totp/Gigway:{quote(label)}?secret={secret}&issuer=Gigway"
        return TotpSetup(secret=secret, uri=uri, state=state)

    def finish_setup(self, worker_id: str, state: str, code: str) -> bool:
        """Turn codes on if `code` shows that the app has the secret. It replaces an earlier one."""
        setup = take_state(self._engine, self._settings, "totp-setup", state)
        if setup is None or setup["worker_id"] != worker_id:
            return False
        sealed = base64.b64decode(setup["sealed"])
        counter = self._matching(self._vault.open(sealed, _context(worker_id)), code, after=0)
        if counter is None:
            return False
        with self._engine.begin() as connection:
            connection.execute(
                delete(CREDENTIALS).where(CREDENTIALS.c.kind == "totp", CREDENTIALS.c.worker_id == worker_id)
            )
            connection.execute(
                insert(CREDENTIALS).values(
                    id=new_id(),
                    worker_id=worker_id,
                    kind="totp",
                    name=worker_id,
                    secret=setup["sealed"],
                    public={},
                    sign_count=counter,
                    created_at=self._settings.clock(),
                )
            )
        return True

    def turn_off(self, worker_id: str) -> bool:
        """Forget the worker's secret."""
        with self._engine.begin() as connection:
            return bool(connection.execute(delete(CREDENTIALS).where(_is_live(worker_id))).rowcount)

    def expect(self, worker_id: str) -> str:
        """Remember that `worker_id` has given the right password; returns the name for `check`."""
        return put_state(self._engine, self._settings, "second-factor", {"worker_id": worker_id})

    def check(self, state: str, code: str, *, address: str) -> str | None:
        """Return the worker whose password came before and whose code this is. A state allows one try."""
        expected = take_state(self._engine, self._settings, "second-factor", state)
        if expected is None:
            return None
        worker_id: str = expected["worker_id"]
        if not reserve_attempt(self._engine, self._settings, f"totp:{worker_id}", address):
            return None
        with self._engine.begin() as connection:
            found = connection.execute(
                select(CREDENTIALS.c.id, CREDENTIALS.c.secret, CREDENTIALS.c.sign_count).where(_is_live(worker_id))
            ).one_or_none()
            if found is None:
                return None
            secret = self._vault.open(base64.b64decode(found.secret), _context(worker_id))
            counter = self._matching(secret, code, after=found.sign_count)
            if counter is None:
                return None
            used = connection.execute(
                update(CREDENTIALS)
                .where(CREDENTIALS.c.id == found.id, CREDENTIALS.c.sign_count < counter)
                .values(sign_count=counter, last_used_at=self._settings.clock())
            )
            if used.rowcount != 1:
                return None
            forget_attempts(connection, f"totp:{worker_id}", address)
        return worker_id

    def _matching(self, secret: bytes, code: str, *, after: int) -> int | None:
        typed = "".join(code.split())
        now = int(self._settings.clock().timestamp()) // STEP
        for counter in range(now - _SKEW, now + _SKEW + 1):
            if counter > after and hmac.compare_digest(one_time_code(secret, counter).encode(), typed.encode()):
                return counter
        return None


def one_time_code(secret: bytes, counter: int) -> str:
    """Return the code of a base32 `secret` at time step `counter` (RFC 4226 §5.3)."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def _is_live(worker_id: str) -> Any:
    return (CREDENTIALS.c.worker_id == worker_id) & (CREDENTIALS.c.kind == "totp") & CREDENTIALS.c.revoked_at.is_(None)


def _context(worker_id: str) -> str:
    return f"totp:{worker_id}"
