"""Server-side sessions: start, recognize, end.

    start ──► open ──any request──► open (idle time renewed)
                └─end, 15 min idle, 8 h in all, worker erased──► over

The cookie holds a random id and nothing else; the database its fingerprint. Signing in always starts a new session
and ends the one that the browser came with, so that an id planted before is worth nothing afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, delete, insert, select, update
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request, cookie_parser
from starlette.responses import Response

from consent.oauth.machine_secrets import SESSION, fingerprint, is_shaped, mint
from consent.signin.models import CREDENTIALS, SESSIONS, WORKERS
from consent.signin.settings import SignInSettings

_REMEMBERED: Final = "gigway_worker_session"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who a browser belongs to, and how they proved it. `amr` uses the names of RFC 8176 where there are some."""

    worker_id: str
    display_name: str | None
    locale: str
    auth_time: datetime
    amr: tuple[str, ...]
    is_test: bool = False
    """A test worker: the only kind that test actors may be granted something by."""


class Sessions:
    """Knows which browser is whose."""

    def __init__(self, engine: Engine, settings: SignInSettings) -> None:
        self._engine = engine
        self._settings = settings

    async def current(self, request: Request) -> SignedIn | None:
        """Return who the request's browser is signed in as. Looked up once per request."""
        if not hasattr(request.state, _REMEMBERED):
            secret = self.cookie(request)
            found = await run_in_threadpool(self._recognize, secret) if secret else None
            setattr(request.state, _REMEMBERED, found)
        remembered: SignedIn | None = getattr(request.state, _REMEMBERED)
        return remembered

    async def of_cookies(self, header: str | None) -> tuple[SignedIn, str] | None:
        """Return who a `Cookie` header is signed in as, and the fingerprint of the session."""
        secret = self._secret_in(header)
        found = await run_in_threadpool(self._recognize, secret) if secret else None
        return None if secret is None or found is None else (found, fingerprint(secret))

    async def seconds_left(self, header: str | None) -> float:
        """Return how long the session of a `Cookie` header still lasts, without renewing it."""
        secret = self._secret_in(header)
        return await run_in_threadpool(self._left, secret) if secret else 0.0

    async def current_worker(self, request: Request) -> str | None:
        """Return the signed-in worker's id, for other packages' routes."""
        signed_in = await self.current(request)
        return None if signed_in is None else signed_in.worker_id

    async def start(self, request: Request, response: Response, worker_id: str, *, amr: Sequence[str]) -> None:
        """Sign `worker_id` in on this browser: end its old session, begin a new one, set the cookie."""
        secret = mint(SESSION)
        await run_in_threadpool(self._replace, self.cookie(request), secret, worker_id, amr)
        setattr(request.state, _REMEMBERED, None)
        response.set_cookie(
            self._settings.session_cookie,
            secret,
            path="/",
            secure=self._settings.is_https,
            httponly=True,
            samesite="lax",
        )

    async def end(self, request: Request, response: Response) -> None:
        """Sign this browser out."""
        if secret := self.cookie(request):
            await run_in_threadpool(self._revoke, secret)
        setattr(request.state, _REMEMBERED, None)
        response.delete_cookie(
            self._settings.session_cookie, path="/", secure=self._settings.is_https, httponly=True, samesite="lax"
        )

    async def end_all(self, worker_id: str) -> None:
        """Sign the worker out of every browser."""
        await run_in_threadpool(self._revoke_all, worker_id)

    async def forget(self, worker_id: str) -> None:
        """Delete all that is known of how the worker signs in: sessions, passwords, passkeys, subjects."""
        await run_in_threadpool(self._forget, worker_id)

    def cookie(self, request: Request) -> str | None:
        """Return the session id that the browser sent, if it can be one."""
        secret = request.cookies.get(self._settings.session_cookie, "")
        return secret if is_shaped(secret, SESSION) else None

    def _secret_in(self, header: str | None) -> str | None:
        secret = cookie_parser(header).get(self._settings.session_cookie, "") if header else ""
        return secret if is_shaped(secret, SESSION) else None

    def _left(self, secret: str) -> float:
        now = self._settings.clock()
        with self._engine.execution_options(read_only=True).connect() as connection:
            row = connection.execute(
                select(SESSIONS.c.idle_expires_at, SESSIONS.c.absolute_expires_at)
                .join(WORKERS, WORKERS.c.id == SESSIONS.c.worker_id)
                .where(
                    SESSIONS.c.id_hash == fingerprint(secret),
                    SESSIONS.c.revoked_at.is_(None),
                    WORKERS.c.status == "active",
                )
            ).one_or_none()
        return 0.0 if row is None else (min(row.idle_expires_at, row.absolute_expires_at) - now).total_seconds()

    def _recognize(self, secret: str) -> SignedIn | None:
        now, id_hash = self._settings.clock(), fingerprint(secret)
        with self._engine.execution_options(read_only=True).connect() as connection:
            row = connection.execute(
                select(
                    SESSIONS.c.worker_id,
                    SESSIONS.c.amr,
                    SESSIONS.c.auth_time,
                    SESSIONS.c.idle_expires_at,
                    WORKERS.c.display_name,
                    WORKERS.c.locale,
                    WORKERS.c.is_test,
                )
                .join(WORKERS, WORKERS.c.id == SESSIONS.c.worker_id)
                .where(
                    SESSIONS.c.id_hash == id_hash,
                    SESSIONS.c.revoked_at.is_(None),
                    SESSIONS.c.idle_expires_at > now,
                    SESSIONS.c.absolute_expires_at > now,
                    WORKERS.c.status == "active",
                )
            ).one_or_none()
        if row is None:
            return None
        renewed = now + self._settings.idle_lifetime
        if renewed - row.idle_expires_at > self._settings.touch_interval:
            with self._engine.begin() as connection:
                connection.execute(
                    update(SESSIONS)
                    .where(SESSIONS.c.id_hash == id_hash, SESSIONS.c.revoked_at.is_(None))
                    .values(idle_expires_at=renewed)
                )
        return SignedIn(
            worker_id=row.worker_id,
            display_name=row.display_name,
            locale=row.locale,
            auth_time=row.auth_time,
            amr=tuple(row.amr),
            is_test=row.is_test,
        )

    def _replace(self, old: str | None, secret: str, worker_id: str, amr: Sequence[str]) -> None:
        now = self._settings.clock()
        with self._engine.begin() as connection:
            if old is not None:
                connection.execute(
                    update(SESSIONS).where(SESSIONS.c.id_hash == fingerprint(old)).values(revoked_at=now)
                )
            connection.execute(
                insert(SESSIONS).values(
                    id_hash=fingerprint(secret),
                    worker_id=worker_id,
                    amr=list(amr),
                    auth_time=now,
                    idle_expires_at=now + self._settings.idle_lifetime,
                    absolute_expires_at=now + self._settings.absolute_lifetime,
                )
            )

    def _revoke_all(self, worker_id: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                update(SESSIONS)
                .where(SESSIONS.c.worker_id == worker_id, SESSIONS.c.revoked_at.is_(None))
                .values(revoked_at=self._settings.clock())
            )

    def _forget(self, worker_id: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.worker_id == worker_id))
            connection.execute(delete(CREDENTIALS).where(CREDENTIALS.c.worker_id == worker_id))

    def _revoke(self, secret: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                update(SESSIONS)
                .where(SESSIONS.c.id_hash == fingerprint(secret), SESSIONS.c.revoked_at.is_(None))
                .values(revoked_at=self._settings.clock())
            )
