"""Asking an operator for a live actor: what workers will read, and what it may ask them for."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from consent.console.approvals import LiveDetails
from consent.console.members import Membership
from consent.console.organizations import OrganizationView
from consent.console.pages.guard import ConsoleGuard, go
from consent.console.pages.services import ConsoleServices
from consent.console.wording import problem_text
from consent.oauth.registration_rules import RegistrationError
from consent.pages.guard import FormFields, first
from consent.signin.sessions import SignedIn
from consent.vocabulary import CATEGORIES, PURPOSES, SELF_PURPOSE

_TEXTS = ("legal_name", "trading_name", "address", "contact", "jurisdiction", "privacy_notice")


class GoingLivePages:
    """`/console/<organization>/live`."""

    def __init__(self, services: ConsoleServices, guard: ConsoleGuard) -> None:
        self._services = services
        self._guard = guard

    async def show(self, request: Request, person: SignedIn, member: Membership) -> Response:
        """Show where it stands, and the form."""
        return await self._page(request, person, member)

    async def ask(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """Ask."""
        given: dict[str, Any] = {name: first(fields, name).replace("\r\n", "\n").strip() for name in _TEXTS}
        given |= {name: fields.get(name, []) for name in ("categories", "purposes")}
        call = partial(
            self._services.approvals.ask_to_go_live, member.organization_id, LiveDetails(**given), by=member.by
        )
        try:
            await run_in_threadpool(call)
        except RegistrationError as error:
            return await self._page(request, person, member, given=given, code=error.code)
        return go(f"/console/{member.organization_id}/live")

    async def withdraw(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """Take the request back."""
        await run_in_threadpool(partial(self._services.approvals.withdraw, member.organization_id, by=member.by))
        return go(f"/console/{member.organization_id}/live")

    async def _page(
        self,
        request: Request,
        person: SignedIn,
        member: Membership,
        *,
        given: dict[str, Any] | None = None,
        code: str | None = None,
    ) -> Response:
        services = self._services
        organization = await run_in_threadpool(services.organizations.find, member.organization_id)
        latest = await run_in_threadpool(services.approvals.latest, member.organization_id)
        if given is None and latest is not None:
            given = latest.details
        if given is None:
            given = _known(organization)
        return self._guard.page(
            request,
            "console_live.html",
            person,
            member,
            status=200 if code is None else 422,
            organization=organization,
            latest=latest,
            given=given,
            categories=[each for each in CATEGORIES.values() if not each.forbidden],
            purposes=[each for each in PURPOSES.values() if each.id != SELF_PURPOSE],
            may_ask=member.may("manage"),
            problem=None if code is None else problem_text(code),
        )


def _known(organization: OrganizationView | None) -> dict[str, Any]:
    """Return what is known of the live actor, or the test one, to begin the form with."""
    actor = None if organization is None else organization.live or organization.test
    texts = {name: getattr(actor, name, None) or "" for name in _TEXTS}
    live = None if organization is None else organization.live
    return texts | {name: () if live is None else getattr(live, name) for name in ("categories", "purposes")}
