"""What every page begins with: who is signed in, and whether a posted form counts."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consent.oauth.parameters import ParameterRefusal
from consent.pages.rendering import Renderer, home_of
from consent.signin.forms import TOKEN_FIELD, Forms, read_browser_form
from consent.signin.sessions import Sessions, SignedIn

FormFields = dict[str, list[str]]
ForWorker = Callable[[Request, SignedIn], Awaitable[Response]]
ForForm = Callable[[Request, SignedIn, FormFields], Awaitable[Response]]

_LOCAL: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


class Guard:
    """Wraps page handlers."""

    def __init__(
        self, sessions: Sessions, forms: Forms, renderer: Renderer, *, error_template: str = "error.html"
    ) -> None:
        self._error_template = error_template
        self._sessions = sessions
        self._forms = forms
        self._renderer = renderer

    def signed_in(self, handler: ForWorker) -> Callable[[Request], Awaitable[Response]]:
        """Call `handler` with who is signed in; send anybody else to sign in and then back."""

        async def handle(request: Request) -> Response:
            worker = await self._sessions.current(request)
            if _has_nul(request):
                return self.refuse(request, worker, "There is no such thing here, or it is not yours.", 404)
            return to_sign_in(request) if worker is None else await handler(request, worker)

        return handle

    def form(self, handler: ForForm) -> Callable[[Request], Awaitable[Response]]:
        """Call `handler` with a posted form that came from one of our pages and a signed-in worker."""

        async def handle(request: Request) -> Response:
            worker = await self._sessions.current(request)
            fields = await self.read(request, worker)
            if isinstance(fields, Response):
                return fields
            if _has_nul(request):
                return self.refuse(request, worker, "There is no such thing here, or it is not yours.", 404)
            return to_sign_in(request) if worker is None else await handler(request, worker, fields)

        return handle

    async def read(self, request: Request, worker: SignedIn | None) -> FormFields | Response:
        """Return a posted form's fields, or the page that refuses it."""
        fields = await read_browser_form(request)
        if isinstance(fields, ParameterRefusal):
            return self.refuse(request, worker, fields.description, 400)
        if problem := self._forms.problem(request, first(fields, TOKEN_FIELD)):
            return self.refuse(request, worker, problem, 403)
        return fields

    def refuse(self, request: Request, worker: SignedIn | None, description: str, status: int) -> Response:
        """Return the page that says why not."""
        return self._renderer.page(
            request, self._error_template, signed_in=worker, status=status, description=description
        )


def _has_nul(request: Request) -> bool:
    """Whether an address has what no id has and PostgreSQL does not take."""
    return "\0" in request.url.path or any("\0" in str(value) for value in request.path_params.values())


def first(fields: FormFields, name: str) -> str:
    """Return a field's first value, or nothing."""
    return next(iter(fields.get(name, [])), "")


def local_path(text: str, otherwise: str) -> str:
    """Return `text` if it is a path of ours, so that signing in can never lead to another site."""
    return text if len(text) <= 2_000 and _LOCAL.fullmatch(text) else otherwise


def to_sign_in(request: Request, *, again: bool = False) -> Response:
    """Send the browser to sign in, and back to this page if it can be asked for again."""
    path = request.url.path if request.method == "GET" else home_of(request)
    query = f"?{request.url.query}" if request.method == "GET" and request.url.query else ""
    suffix = "&again=1" if again else ""
    location = f"/sign-in?next={quote(path + query, safe='/')}{suffix}"
    return RedirectResponse(location, 303, headers={"Cache-Control": "no-store"})
