"""Signing in and out: password and one-time code, or a demo worker. `other_ways` has passkeys and providers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consent.pages.guard import FormFields, Guard, first, local_path
from consent.pages.rendering import LANGUAGE_COOKIE, Renderer
from consent.pages.services import PagesServices
from consent.signin.demo import AMR
from consent.signin.passwords import PasswordAccepted, PasswordRefused

HOME: Final = "/me"
_YEAR: Final = 365 * 86_400


class SignInPages:
    """`/sign-in`, `/sign-in/code`, `/sign-in/demo`, `/sign-out`, `/language`."""

    def __init__(self, services: PagesServices, renderer: Renderer, guard: Guard) -> None:
        self._services = services
        self._renderer = renderer
        self._guard = guard

    async def show(self, request: Request) -> Response:
        """Ask who it is. Whoever is signed in already goes on, unless asked to prove it again."""
        target = local_path(request.query_params.get("next", ""), HOME)
        signed_in = await self._services.sessions.current(request)
        again = request.query_params.get("again") == "1"
        if signed_in is not None and not again:
            return go(target)
        return self.page(request, target, again=again)

    async def with_password(self, request: Request) -> Response:
        """Check login and password; where one-time codes are on, ask for one."""
        fields = await self._read(request)
        if isinstance(fields, Response):
            return fields
        target, login = local_path(first(fields, "next"), HOME), first(fields, "login")
        match await self._services.passwords.verify(login, first(fields, "password"), address=_address(request)):
            case PasswordAccepted(worker_id=worker_id):
                totp = self._services.totp
                if totp is None or not await run_in_threadpool(totp.is_on, worker_id):
                    return await self.start(request, target, worker_id, ["pwd"])
                state = await run_in_threadpool(totp.expect, worker_id)
                return self._renderer.page(request, "code.html", signed_in=None, target=target, state=state)
            case PasswordRefused(reason="too_many"):
                return self.page(request, target, problem="too_many", login=login, status=429)
            case PasswordRefused():
                return self.page(request, target, problem="wrong", login=login, status=401)

    async def with_code(self, request: Request) -> Response:
        """Check the one-time code that follows a password."""
        fields = await self._read(request)
        if isinstance(fields, Response):
            return fields
        totp, target, worker_id = self._services.totp, local_path(first(fields, "next"), HOME), None
        if totp is not None:
            worker_id = await run_in_threadpool(
                totp.check, first(fields, "state"), first(fields, "code"), address=_address(request)
            )
        if worker_id is None:
            return self.page(request, target, problem="wrong_code", status=401)
        return await self.start(request, target, worker_id, ["pwd", "otp", "mfa"])

    async def as_persona(self, request: Request) -> Response:
        """Sign a demo worker in, where there are any."""
        fields = await self._read(request)
        if isinstance(fields, Response):
            return fields
        demo = self._services.demo_login
        worker_id = None if demo is None else demo.worker_of(first(fields, "persona"))
        if worker_id is None:
            return self._guard.refuse(request, None, "There is no such demo worker.", 404)
        return await self.start(request, local_path(first(fields, "next"), HOME), worker_id, AMR)

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        fields = await self._read(request)
        if isinstance(fields, Response):
            return fields
        response = go("/sign-in")
        await self._services.sessions.end(request, response)
        return response

    async def choose_language(self, request: Request) -> Response:
        """Remember a language in this browser."""
        fields = await self._read(request)
        if isinstance(fields, Response):
            return fields
        response, language = go(local_path(first(fields, "next"), HOME)), first(fields, "language")
        if language in self._renderer.locales:
            response.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR, path="/", httponly=True, samesite="lax")
        return response

    async def start(self, request: Request, target: str, worker_id: str, amr: Sequence[str]) -> Response:
        """Sign `worker_id` in and go on to `target`."""
        response = go(target)
        await self._services.sessions.start(request, response, worker_id, amr=amr)
        return response

    def page(
        self,
        request: Request,
        target: str,
        *,
        problem: str | None = None,
        login: str = "",
        again: bool = False,
        status: int = 200,
    ) -> Response:
        """Return the sign-in page, with what went wrong."""
        services = self._services
        return self._renderer.page(
            request,
            "sign_in.html",
            signed_in=None,
            status=status,
            scripts=True,
            target=target,
            problem=problem,
            login=login[:200],
            again=again,
            can_sign_up=services.sign_up,
            can_passkey=services.passkeys is not None and services.passkeys.is_available,
            providers=services.oidc.providers if services.oidc is not None else (),
            personas=services.demo_login.personas if services.demo_login is not None else (),
        )

    async def _read(self, request: Request) -> FormFields | Response:
        return await self._guard.read(request, await self._services.sessions.current(request))


def go(location: str) -> Response:
    """Return a redirect that nothing stores."""
    return RedirectResponse(location, 303, headers={"Cache-Control": "no-store"})


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""
