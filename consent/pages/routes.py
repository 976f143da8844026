"""The pages as routes.

/sign-in, /sign-in/demo, /sign-out, /sign-up
/consent/<handle>                            an actor's request, by its handle or its id in the inbox
/me                                          grants, linked accounts, contact codes
/me/grants/<id>, POST …/revoke, …/keep       one grant; keep: looked through, still wanted
POST /me/accounts/<platform>/unlink          (linking itself is the linking routes' `/link/<platform>`)
POST /me/codes, POST /me/codes/<ref>/revoke
/me/requests, POST …/<id>/refuse             what waits for an answer; POST /me/blocked/<actor>/unblock
/me/skills                                   what one's gigs show, and the way to a goal
/me/wishes                                   what one wants of work
/me/log, /me/log.csv, /me/log.json           the access log, and what it shows as a file
/me/security, POST …                         passkeys, one-time codes, other browsers
/me/data, /me/data.json, /me/data.zip        take everything away; POST /me/erase
/me/record.json, /me/record.csv              one's record at the platforms, read while it is written
POST /language                               choose a language
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
from consent.pages.other_ways import PasskeyWay, ProviderWay
from consent.pages.own_data import OwnDataPages
from consent.pages.record_file import RecordFiles
from consent.pages.rendering import Renderer
from consent.pages.requests_page import RequestsPages
from consent.pages.security import SecurityPages
from consent.pages.services import PagesServices
from consent.pages.sign_in import SignInPages
from consent.pages.sign_up import SignUpPages
from consent.pages.skills_page import SkillsPage
from consent.pages.wishes_page import WishesPage
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
    renderer = Renderer(services.forms, has_skills=services.read_own is not None)
    guard = Guard(services.sessions, services.forms, renderer)
    sign_in = SignInPages(services, renderer, guard)
    consent = ConsentPages(services, renderer, guard)
    home = HomePages(services, renderer, guard)
    requests = RequestsPages(services, renderer, guard)
    log = LogPage(services, renderer)
    security = SecurityPages(services, renderer, guard)
    own_data = OwnDataPages(services, renderer, guard)
    found: list[BaseRoute] = [
        Route("/sign-in", sign_in.show, methods=["GET"]),
        Route("/sign-in", sign_in.with_password, methods=["POST"]),
        Route("/sign-out", sign_in.sign_out, methods=["POST"]),
        Route("/consent/{handle}", guard.signed_in(consent.show), methods=["GET"]),
        Route("/consent/{handle}", guard.form(consent.answer), methods=["POST"]),
        Route("/me", guard.signed_in(home.show), methods=["GET"]),
        Route("/me/grants/{grant_id}", guard.signed_in(home.grant), methods=["GET"]),
        Route("/me/grants/{grant_id}/revoke", guard.form(home.revoke), methods=["POST"]),
        Route("/me/grants/{grant_id}/keep", guard.form(home.keep), methods=["POST"]),
        Route("/me/accounts/{platform}/unlink", guard.form(home.unlink), methods=["POST"]),
        Route("/me/codes", guard.form(home.create_code), methods=["POST"]),
        Route("/me/codes/{ref}/revoke", guard.form(home.revoke_code), methods=["POST"]),
        Route("/me/requests", guard.signed_in(requests.show), methods=["GET"]),
        Route("/me/requests/{request_id}/refuse", guard.form(requests.refuse), methods=["POST"]),
        Route("/me/blocked/{actor_id}/unblock", guard.form(requests.unblock), methods=["POST"]),
        Route("/me/security", guard.signed_in(security.show), methods=["GET"]),
        Route("/me/security/passkeys/options", guard.form(security.passkey_options), methods=["POST"]),
        Route("/me/security/passkeys", guard.form(security.add_passkey), methods=["POST"]),
        Route("/me/security/passkeys/{passkey}/remove", guard.form(security.remove_passkey), methods=["POST"]),
        Route("/me/security/codes", guard.form(security.begin_totp), methods=["POST"]),
        Route("/me/security/codes/confirm", guard.form(security.finish_totp), methods=["POST"]),
        Route("/me/security/codes/off", guard.form(security.turn_totp_off), methods=["POST"]),
        Route("/me/security/sign-out", guard.form(security.sign_out_everywhere), methods=["POST"]),
        Route("/me/data", guard.signed_in(own_data.show), methods=["GET"]),
        Route("/me/data.json", guard.signed_in(own_data.everything), methods=["GET"]),
        Route("/me/data.zip", guard.signed_in(own_data.tables), methods=["GET"]),
        Route("/me/erase", guard.form(own_data.erase), methods=["POST"]),
        Route("/language", sign_in.choose_language, methods=["POST"]),
        Route("/me/log", guard.signed_in(log.show), methods=["GET"]),
        Route("/me/log.csv", guard.signed_in(log.csv), methods=["GET"]),
        Route("/me/log.json", guard.signed_in(log.json), methods=["GET"]),
        Mount("/assets", StaticFiles(directory=_STATIC), name="assets"),
    ]
    if services.read_own is not None:
        skills = SkillsPage(services, renderer, services.read_own)
        found.append(Route("/me/skills", guard.signed_in(skills.show), methods=["GET"]))
        record = RecordFiles(services, services.read_own)
        found.append(Route("/me/record.json", guard.signed_in(record.json), methods=["GET"]))
        found.append(Route("/me/record.csv", guard.signed_in(record.csv), methods=["GET"]))
    if services.wishes is not None:
        wishes = WishesPage(services.wishes, renderer, guard)
        found.append(Route("/me/wishes", guard.signed_in(wishes.show), methods=["GET"]))
        found.append(Route("/me/wishes", guard.form(wishes.save), methods=["POST"]))
    if services.sign_up:
        sign_up = SignUpPages(services, renderer, guard, sign_in)
        found.append(Route("/sign-up", sign_up.show, methods=["GET"]))
        found.append(Route("/sign-up", sign_up.make, methods=["POST"]))
    if services.demo_login is not None:
        found.append(Route("/sign-in/demo", sign_in.as_persona, methods=["POST"]))
    if services.passkeys is not None:
        passkey = PasskeyWay(services, guard, sign_in, services.passkeys)
        found.append(Route("/sign-in/passkey/options", passkey.options, methods=["POST"]))
        found.append(Route("/sign-in/passkey", passkey.answer, methods=["POST"]))
    if services.totp is not None:
        found.append(Route("/sign-in/code", sign_in.with_code, methods=["POST"]))
    if services.oidc is not None:
        provider = ProviderWay(services, renderer, guard, sign_in, services.oidc)
        found.append(Route("/sign-in/with/{key}", provider.leave, methods=["POST"]))
        found.append(Route("/sign-in/with/{key}/callback", provider.come_back, methods=["GET"]))
    return found
