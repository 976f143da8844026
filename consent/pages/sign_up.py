"""Making an account with a login and a password, where the operator lets anybody: workers and console people alike."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from consent.pages.guard import Guard, first, local_path
from consent.pages.rendering import Renderer
from consent.pages.services import PagesServices
from consent.pages.sign_in import HOME, SignInPages
from consent.signin.passwords import PasswordError


class SignUpPages:
    """`/sign-up`."""

    def __init__(self, services: PagesServices, renderer: Renderer, guard: Guard, sign_in: SignInPages) -> None:
        self._services = services
        self._renderer = renderer
        self._guard = guard
        self._sign_in = sign_in

    async def show(self, request: Request) -> Response:
        """Show the form."""
        return self._page(request, local_path(request.query_params.get("next", ""), HOME))

    async def make(self, request: Request) -> Response:
        """Make the account and sign its owner in."""
        fields = await self._guard.read(request, await self._services.sessions.current(request))
        if isinstance(fields, Response):
            return fields
        target = local_path(first(fields, "next"), HOME)
        name, login = first(fields, "name"), first(fields, "login")
        address = request.client.host if request.client is not None else ""
        try:
            worker_id = await self._services.passwords.sign_up(name, login, first(fields, "password"), address=address)
        except PasswordError as error:
            return self._page(request, target, problem=str(error), name=name[:200], login=login[:200], status=422)
        return await self._sign_in.start(request, target, worker_id, ["pwd"])

    def _page(
        self,
        request: Request,
        target: str,
        *,
        problem: str | None = None,
        name: str = "",
        login: str = "",
        status: int = 200,
    ) -> Response:
        return self._renderer.page(
            request,
            "sign_up.html",
            signed_in=None,
            status=status,
            target=target,
            problem=problem,
            name=name,
            login=login,
        )
