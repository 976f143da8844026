"""Signing in with a passkey, or with an external OpenID provider."""

from __future__ import annotations

import logging

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from consent.oauth.parameters import ParameterRefusal, parse_parameters
from consent.pages.guard import Guard, first, local_path
from consent.pages.rendering import Renderer
from consent.pages.services import PagesServices
from consent.pages.sign_in import HOME, SignInPages
from consent.signin.oidc import OidcError, OidcSignIn
from consent.signin.passkeys import AMR, Passkeys

_log = logging.getLogger(__name__)


class PasskeyWay:
    """`/sign-in/passkey` and the challenge for it."""

    def __init__(self, services: PagesServices, guard: Guard, sign_in: SignInPages, passkeys: Passkeys) -> None:
        self._sessions = services.sessions
        self._guard = guard
        self._sign_in = sign_in
        self._passkeys = passkeys

    async def options(self, request: Request) -> Response:
        """Return a challenge, for the page's script."""
        fields = await self._guard.read(request, await self._sessions.current(request))
        if isinstance(fields, Response):
            return fields
        if not self._passkeys.is_available:
            return JSONResponse({"error": "not_available"}, 404)
        challenge = await run_in_threadpool(self._passkeys.begin_authentication)
        return JSONResponse(
            {"options": challenge.options, "state": challenge.state}, headers={"Cache-Control": "no-store"}
        )

    async def answer(self, request: Request) -> Response:
        """Check what a passkey answered."""
        fields = await self._guard.read(request, await self._sessions.current(request))
        if isinstance(fields, Response):
            return fields
        target = local_path(first(fields, "next"), HOME)
        worker_id = await run_in_threadpool(
            self._passkeys.finish_authentication, first(fields, "state"), first(fields, "response")
        )
        if worker_id is None:
            return self._sign_in.page(request, target, problem="passkey", status=401)
        return await self._sign_in.start(request, target, worker_id, AMR)


class ProviderWay:
    """`/sign-in/with/<provider>` and the way back."""

    def __init__(
        self, services: PagesServices, renderer: Renderer, guard: Guard, sign_in: SignInPages, oidc: OidcSignIn
    ) -> None:
        self._services = services
        self._renderer = renderer
        self._guard = guard
        self._sign_in = sign_in
        self._oidc = oidc

    async def leave(self, request: Request) -> Response:
        """Send the browser to a provider.

        With a page in between: a redirect would fall under the form's Content-Security-Policy, which cannot list
        where a provider has its login page.
        """
        fields = await self._guard.read(request, await self._services.sessions.current(request))
        if isinstance(fields, Response):
            return fields
        target, browser = local_path(first(fields, "next"), HOME), self._services.forms.browser(request)
        try:
            location = await self._oidc.begin(request.path_params["key"], browser=browser or "", target=target)
        except OidcError as error:
            _log.warning("signin:oidc:fail", extra={"error": str(error)})
            return self._sign_in.page(request, target, problem="provider", status=502)
        if location is None:
            return self._guard.refuse(request, None, "There is no such way to sign in.", 404)
        return self._renderer.page(request, "onward.html", signed_in=None, location=location)

    async def come_back(self, request: Request) -> Response:
        """Take a provider's answer."""
        answer, browser = (
            parse_parameters(request.scope.get("query_string", b"")),
            self._services.forms.browser(request),
        )
        done = None
        if browser is not None and not isinstance(answer, ParameterRefusal):
            try:
                done = await self._oidc.finish(request.path_params["key"], browser=browser, answer=answer)
            except OidcError as error:
                _log.warning("signin:oidc:fail", extra={"error": str(error)})
        if done is None:
            return self._sign_in.page(request, HOME, problem="provider", status=401)
        return await self._sign_in.start(request, done.target, done.worker_id, ["gigway:oidc"])
