"""The console's pages as routes.

/console, /console/new/<kind>, /console/invitations/<secret>
/console/<organization>                      overview; …/usage, …/history
/console/<organization>/clients…             clients, secrets, keys, registration tokens
/console/<organization>/people…              members and invitations
/console/<organization>/live                 an actor's going live
/console/operator/requests…, actors…, platforms
"""

from __future__ import annotations

from typing import Final

from starlette.routing import BaseRoute, Route

from consent.console.pages.clients import ClientPages
from consent.console.pages.going_live import GoingLivePages
from consent.console.pages.guard import ConsoleGuard
from consent.console.pages.operating import OperatingPages
from consent.console.pages.overview import OverviewPages
from consent.console.pages.people import PeoplePages
from consent.console.pages.services import ConsoleServices
from consent.console.pages.start import StartPages
from consent.console.roles import OrganizationKind
from consent.pages.rendering import Renderer

_ORGANIZATION: Final = "/console/{organization}"
_ACTOR: Final[tuple[OrganizationKind, ...]] = ("actor",)
_OPERATOR: Final[tuple[OrganizationKind, ...]] = ("operator",)


def routes(services: ConsoleServices) -> list[BaseRoute]:
    """Return the console's pages."""
    guard = ConsoleGuard(services, Renderer(services.forms))
    return [
        *_start(services, guard),
        *_operating(services, guard),
        *_clients(services, guard),
        *_people(services, guard),
        *_going_live(services, guard),
        *_overview(services, guard),
    ]


def _start(services: ConsoleServices, guard: ConsoleGuard) -> list[BaseRoute]:
    start = StartPages(services, guard)
    return [
        Route("/console", guard.pages.signed_in(start.show), methods=["GET"]),
        Route("/console/new/{kind}", guard.pages.signed_in(start.ask), methods=["GET"]),
        Route("/console/new/{kind}", guard.pages.form(start.register), methods=["POST"]),
        Route("/console/invitations/{secret}", guard.pages.signed_in(start.invitation), methods=["GET"]),
        Route("/console/invitations/{secret}", guard.pages.form(start.accept), methods=["POST"]),
    ]


def _overview(services: ConsoleServices, guard: ConsoleGuard) -> list[BaseRoute]:
    overview = OverviewPages(services, guard)
    return [
        Route(_ORGANIZATION, guard.member(overview.show), methods=["GET"]),
        Route(f"{_ORGANIZATION}/usage", guard.member(overview.usage, kinds=_ACTOR), methods=["GET"]),
        Route(f"{_ORGANIZATION}/history", guard.member(overview.history), methods=["GET"]),
    ]


def _clients(services: ConsoleServices, guard: ConsoleGuard) -> list[BaseRoute]:
    clients, base = ClientPages(services, guard), f"{_ORGANIZATION}/clients"
    one = f"{base}/{{client}}"
    found: list[BaseRoute] = [
        Route(base, guard.member(clients.show), methods=["GET"]),
        Route(
            f"{base}/registration-token",
            guard.form(clients.registration_token, "develop", _ACTOR, fresh=True),
            methods=["POST"],
        ),
        Route(one, guard.member(clients.one), methods=["GET"]),
    ]
    for path, handler in (
        (base, clients.create),
        (one, clients.change),
        (f"{one}/rotate", clients.rotate),
        (f"{one}/keys", clients.add_keys),
        (f"{one}/keys/remove", clients.remove_key),
        (f"{one}/disable", clients.disable),
    ):
        found.append(Route(path, guard.form(handler, "develop", fresh=True), methods=["POST"]))
    return found


def _people(services: ConsoleServices, guard: ConsoleGuard) -> list[BaseRoute]:
    people, base = PeoplePages(services, guard), f"{_ORGANIZATION}/people"
    return [
        Route(base, guard.member(people.show), methods=["GET"]),
        Route(f"{base}/invite", guard.form(people.invite, "manage", fresh=True), methods=["POST"]),
        Route(f"{base}/leave", guard.form(people.leave, "read"), methods=["POST"]),
        Route(f"{base}/invitations/{{ref}}/revoke", guard.form(people.revoke, "manage"), methods=["POST"]),
        Route(f"{base}/{{person}}/role", guard.form(people.change, "manage", fresh=True), methods=["POST"]),
        Route(f"{base}/{{person}}/remove", guard.form(people.remove, "manage", fresh=True), methods=["POST"]),
    ]


def _going_live(services: ConsoleServices, guard: ConsoleGuard) -> list[BaseRoute]:
    live, base = GoingLivePages(services, guard), f"{_ORGANIZATION}/live"
    return [
        Route(base, guard.member(live.show, kinds=_ACTOR), methods=["GET"]),
        Route(base, guard.form(live.ask, "manage", _ACTOR), methods=["POST"]),
        Route(f"{base}/withdraw", guard.form(live.withdraw, "manage", _ACTOR), methods=["POST"]),
    ]


def _operating(services: ConsoleServices, guard: ConsoleGuard) -> list[BaseRoute]:
    pages, only = OperatingPages(services, guard), _OPERATOR
    requests, actors = f"{_ORGANIZATION}/requests", f"{_ORGANIZATION}/actors"
    return [
        Route(requests, guard.member(pages.requests, kinds=only), methods=["GET"]),
        Route(f"{requests}/{{request}}", guard.member(pages.one, kinds=only), methods=["GET"]),
        Route(f"{requests}/{{request}}", guard.form(pages.decide, "decide", only, fresh=True), methods=["POST"]),
        Route(actors, guard.member(pages.actors, kinds=only), methods=["GET"]),
        Route(f"{actors}/{{actor}}", guard.member(pages.actor, kinds=only), methods=["GET"]),
        Route(f"{actors}/{{actor}}/suspend", guard.form(pages.suspend, "decide", only, fresh=True), methods=["POST"]),
        Route(f"{actors}/{{actor}}/resume", guard.form(pages.resume, "decide", only, fresh=True), methods=["POST"]),
        Route(f"{_ORGANIZATION}/platforms", guard.member(pages.platforms, kinds=only), methods=["GET"]),
    ]
