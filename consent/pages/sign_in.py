"""Signing in and out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consent.pages.guard import Guard, first, local_path
from consent.pages.rendering import Renderer
from consent.pages.services import PagesServices
from consent.signin.demo import AMR
from consent.signin.passwords import PasswordAccepted, PasswordRefused

_HOME = "/me"


class SignInPages:
    """`/sign-in`, `/sign-in/demo`, `/sign-out`."""

    def __init__(self, services: PagesServices, renderer: Renderer, guard: Guard) -> None:
        self._services = services
        self._renderer = renderer
        self._guard = guard

    async def show(self, request: Request) -> Response:
        """Ask who it is. Whoever is signed in already goes on, unless asked to prove it again."""
        target = local_path(request.query_params.get("next", ""), _HOME)
        signed_in = await self._services.sessions.current(request)
        again = request.query_params.get("again") == "1"
        if signed_in is not None and not again:
            return _go(target)
        return self._page(request, target, again=again)

    async def with_password(self, request: Request) -> Response:
        """Check login and password."""
        fields = await self._guard.read(request, await self._services.sessions.current(request))
        if isinstance(fields, Response):
            return fields
        target, login = local_path(first(fields, "next"), _HOME), first(fields, "login")
        address = request.client.host if request.client is not None else ""
        match await self._services.passwords.verify(login, first(fields, "password"), address=address):
            case PasswordAccepted(worker_id=worker_id):
                response = _go(target)
                await self._services.sessions.start(request, response, worker_id, amr=["pwd"])
                return response
            case PasswordRefused(reason="too_many"):
                return self._page(request, target, problem="too_many", login=login, status=429)
            case PasswordRefused():
                return self._page(request, target, problem="wrong", login=login, status=401)

    async def as_persona(self, request: Request) -> Response:
        """Sign a demo worker in, where there are any."""
        fields = await self._guard.read(request, await self._services.sessions.current(request))
        if isinstance(fields, Response):
            return fields
        demo = self._services.demo_login
        worker_id = None if demo is None else demo.worker_of(first(fields, "persona"))
        if worker_id is None:
            return self._guard.refuse(request, None, "There is no such demo worker.", 404)
        response = _go(local_path(first(fields, "next"), _HOME))
        await self._services.sessions.start(request, response, worker_id, amr=AMR)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        fields = await self._guard.read(request, await self._services.sessions.current(request))
        if isinstance(fields, Response):
            return fields
        response = _go("/sign-in")
        await self._services.sessions.end(request, response)
        return response

    def _page(
        self,
        request: Request,
        target: str,
        *,
        problem: str | None = None,
        login: str = "",
        again: bool = False,
        status: int = 200,
    ) -> Response:
        return self._renderer.page(
            request,
            "sign_in.html",
            signed_in=None,
            status=status,
            target=target,
            problem=problem,
            login=login[:200],
            again=again,
            personas=self._services.demo_login.personas if self._services.demo_login is not None else (),
        )


def _go(location: str) -> Response:
    return RedirectResponse(location, 303, headers={"Cache-Control": "no-store"})
