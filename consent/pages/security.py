"""How a worker signs in: passkeys, one-time codes, other browsers. Adding a way in needs a fresh proof of who it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from consent.pages.guard import FormFields, Guard, first, to_sign_in
from consent.pages.rendering import Renderer
from consent.pages.services import PagesServices
from consent.signin.sessions import SignedIn
from consent.signin.totp import TotpSetup

_PATH: Final = "/me/security"
_FRESH: Final = timedelta(minutes=5)


class SecurityPages:
    """`/me/security` and what is posted there."""

    def __init__(self, services: PagesServices, renderer: Renderer, guard: Guard) -> None:
        self._services = services
        self._renderer = renderer
        self._guard = guard

    async def show(self, request: Request, worker: SignedIn) -> Response:
        """Show the ways in."""
        return await self._page(request, worker)

    async def passkey_options(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Return a challenge for a new passkey, for the page's script."""
        passkeys = self._services.passkeys
        if passkeys is None or not passkeys.is_available:
            return JSONResponse({"error": "not_available"}, 404)
        if not self._is_fresh(worker):
            return JSONResponse({"error": "sign_in_again"}, 403)
        name = worker.display_name or "Gigway"
        challenge = await run_in_threadpool(passkeys.begin_registration, worker.worker_id, name)
        return JSONResponse({"options": challenge.options, "state": challenge.state}, headers=_NO_STORE)

    async def add_passkey(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Store a new passkey."""
        passkeys = self._services.passkeys
        if passkeys is None:
            return self._guard.refuse(request, worker, "There are no passkeys here.", 404)
        if not self._is_fresh(worker):
            return to_sign_in(request, again=True)
        done = await run_in_threadpool(
            passkeys.finish_registration, worker.worker_id, first(fields, "state"), first(fields, "response")
        )
        return await self._page(request, worker, message="passkey_added" if done else "passkey_failed")

    async def remove_passkey(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Remove one of the worker's passkeys."""
        passkeys, passkey = self._services.passkeys, request.path_params["passkey"]
        if passkeys is None or not await run_in_threadpool(passkeys.remove, worker.worker_id, passkey):
            return self._guard.refuse(request, worker, "There is no such thing here, or it is not yours.", 404)
        return _go()

    async def begin_totp(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Show a fresh secret for the worker's app."""
        totp = self._services.totp
        if totp is None:
            return self._guard.refuse(request, worker, "There are no one-time codes here.", 404)
        if not self._is_fresh(worker):
            return to_sign_in(request, again=True)
        setup = await run_in_threadpool(totp.begin_setup, worker.worker_id, worker.display_name or "worker")
        return await self._page(request, worker, setup=setup)

    async def finish_totp(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Turn one-time codes on, with a first code."""
        totp = self._services.totp
        if totp is None:
            return self._guard.refuse(request, worker, "There are no one-time codes here.", 404)
        done = await run_in_threadpool(
            totp.finish_setup, worker.worker_id, first(fields, "state"), first(fields, "code")
        )
        return await self._page(request, worker, message="totp_on" if done else "totp_failed")

    async def turn_totp_off(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Turn one-time codes off."""
        if not self._is_fresh(worker):
            return to_sign_in(request, again=True)
        if self._services.totp is not None:
            await run_in_threadpool(self._services.totp.turn_off, worker.worker_id)
        return _go()

    async def sign_out_everywhere(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """End every session of the worker, this one too."""
        response = RedirectResponse("/sign-in", 303, headers=_NO_STORE)
        await self._services.sessions.end_all(worker.worker_id)
        await self._services.sessions.end(request, response)
        return response

    def _is_fresh(self, worker: SignedIn) -> bool:
        return self._services.oauth.clock() - worker.auth_time <= _FRESH

    async def _page(
        self, request: Request, worker: SignedIn, *, message: str | None = None, setup: TotpSetup | None = None
    ) -> Response:
        passkeys, totp = self._services.passkeys, self._services.totp
        return self._renderer.page(
            request,
            "security.html",
            signed_in=worker,
            scripts=True,
            status=422 if message in {"passkey_failed", "totp_failed"} else 200,
            is_fresh=self._is_fresh(worker),
            can_passkey=passkeys is not None and passkeys.is_available,
            passkeys=[] if passkeys is None else await run_in_threadpool(passkeys.of_worker, worker.worker_id),
            can_totp=totp is not None,
            totp_on=totp is not None and await run_in_threadpool(totp.is_on, worker.worker_id),
            message=message,
            setup=setup,
        )


_NO_STORE: Final = {"Cache-Control": "no-store"}


def _go() -> Response:
    return RedirectResponse(_PATH, 303, headers=_NO_STORE)
