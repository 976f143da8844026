"""The pages as routes.

/sign-in, /sign-in/demo, /sign-out
/consent/<handle>                            an actor's request
/me                                          grants, linked accounts, contact codes
/me/grants/<id>, POST …/revoke               one grant
POST /me/accounts/<platform>/unlink          (linking itself is the linking routes' `/link/<platform>`)
POST /me/codes, POST /me/codes/<ref>/revoke
/me/log                                      the access log
/assets/…                                    the stylesheet
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from consent.pages.consent_page import ConsentPages
from consent.pages.guard import Guard
from consent.pages.home import HomePages
from consent.pages.log_page import LogPage
from consent.pages.rendering import Renderer
from consent.pages.services import PagesServices
from consent.pages.sign_in import SignInPages
from consent.signin.forms import Forms

_STATIC: Final = Path(__file__).parent / "static"


def consent_path(handle: str) -> str:
    """Return the path of the page that asks about the authorization request `handle`."""
    return f"/consent/{handle}"


def error_page(forms: Forms) -> Callable[[Request, str, int], Response]:
    """Return what the authorization endpoint shows when it must not redirect (`consent.oauth.endpoints.ErrorPage`)."""
    renderer = Renderer(forms)

    def show(request: Request, description: str, status: int, /) -> Response:
        return renderer.page(request, "error.html", signed_in=None, status=status, description=description)

    return show


def routes(services: PagesServices) -> list[BaseRoute]:
    """Return the worker's pages."""
    renderer = Renderer(services.forms)
    guard = Guard(services.sessions, services.forms, renderer)
    sign_in = SignInPages(services, renderer, guard)
    consent = ConsentPages(services, renderer, guard)
    home = HomePages(services, renderer, guard)
    log = LogPage(services, renderer)
    found: list[BaseRoute] = [
        Route("/sign-in", sign_in.show, methods=["GET"]),
        Route("/sign-in", sign_in.with_password, methods=["POST"]),
        Route("/sign-out", sign_in.sign_out, methods=["POST"]),
        Route("/consent/{handle}", guard.signed_in(consent.show), methods=["GET"]),
        Route("/consent/{handle}", guard.form(consent.answer), methods=["POST"]),
        Route("/me", guard.signed_in(home.show), methods=["GET"]),
        Route("/me/grants/{grant_id}", guard.signed_in(home.grant), methods=["GET"]),
        Route("/me/grants/{grant_id}/revoke", guard.form(home.revoke), methods=["POST"]),
        Route("/me/accounts/{platform}/unlink", guard.form(home.unlink), methods=["POST"]),
        Route("/me/codes", guard.form(home.create_code), methods=["POST"]),
        Route("/me/codes/{ref}/revoke", guard.form(home.revoke_code), methods=["POST"]),
        Route("/me/log", guard.signed_in(log.show), methods=["GET"]),
        Mount("/assets", StaticFiles(directory=_STATIC), name="assets"),
    ]
    if services.demo_login is not None:
        found.append(Route("/sign-in/demo", sign_in.as_persona, methods=["POST"]))
    return found
