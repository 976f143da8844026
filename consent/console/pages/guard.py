"""What every page of an organization begins with: who is this, do they belong, does their role allow it.

A stranger is sent to sign in. To anybody who does not belong, an organization does not exist (404).
A member whose role does not allow something is told so (403). What is dangerous asks for a fresh sign-in first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consent.console.members import ConsoleError, Membership
from consent.console.pages.navigation import pages_of
from consent.console.pages.services import ConsoleServices
from consent.console.roles import OrganizationKind, Permission
from consent.console.wording import (
    ACTIONS,
    DETAIL_NAMES,
    KIND_NAMES,
    ROLE_NAMES,
    ROLE_TEXTS,
    STATUS_NAMES,
    problem_text,
)
from consent.oauth.registration_rules import RegistrationError
from consent.pages.guard import FormFields, Guard, first, local_path
from consent.pages.rendering import Renderer
from consent.signin.sessions import SignedIn

FRESH: Final = timedelta(minutes=15)
"""How long ago somebody may have proved who they are when they do something dangerous."""

ForMember = Callable[[Request, SignedIn, Membership], Awaitable[Response]]
ForMemberForm = Callable[[Request, SignedIn, Membership, FormFields], Awaitable[Response]]

_EVERY_KIND: Final[tuple[OrganizationKind, ...]] = ("actor", "platform", "operator")


class ConsoleGuard:
    """Wraps the console's page handlers and renders its pages."""

    def __init__(self, services: ConsoleServices, renderer: Renderer) -> None:
        self._services = services
        self._renderer = renderer
        self.pages = Guard(services.sessions, services.forms, renderer, error_template="console_error.html")

    def member(
        self,
        handler: ForMember,
        needs: Permission = "read",
        kinds: Collection[OrganizationKind] = _EVERY_KIND,
    ) -> Callable[[Request], Awaitable[Response]]:
        """Call `handler` for a member of the organization in the path (`{organization}`) who may do what it `needs`."""

        async def handle(request: Request, person: SignedIn) -> Response:
            member = await self._admit(request, person, needs, kinds)
            return member if isinstance(member, Response) else await handler(request, person, member)

        return self.pages.signed_in(handle)

    def form(
        self,
        handler: ForMemberForm,
        needs: Permission,
        kinds: Collection[OrganizationKind] = _EVERY_KIND,
        *,
        fresh: bool = False,
    ) -> Callable[[Request], Awaitable[Response]]:
        """The same for a posted form; with `fresh` it counts only soon after a sign-in.

        `ConsoleError` and `RegistrationError` become a page that says what to do instead.
        """

        async def handle(request: Request, person: SignedIn, fields: FormFields) -> Response:
            member = await self._admit(request, person, needs, kinds)
            if isinstance(member, Response):
                return member
            if fresh and not self.is_fresh(person):
                return self.sign_in_again(request, fields)
            try:
                return await handler(request, person, member, fields)
            except (ConsoleError, RegistrationError) as error:
                return self.pages.refuse(request, person, problem_text(error.code), 422)

        return self.pages.form(handle)

    def is_fresh(self, person: SignedIn) -> bool:
        """Whether somebody has proved lately who they are."""
        return self._services.clock() - person.auth_time <= FRESH

    def sign_in_again(self, request: Request, fields: FormFields) -> Response:
        """Send somebody to prove again who they are, and back to the page whose form it was."""
        organization = request.path_params.get("organization")
        otherwise = "/console" if organization is None else f"/console/{quote(organization, safe='')}"
        target = local_path(first(fields, "here"), otherwise)
        location = f"/sign-in?next={quote(target, safe='/')}&again=1"
        return RedirectResponse(location, 303, headers={"Cache-Control": "no-store"})

    def not_found(self, request: Request, person: SignedIn) -> Response:
        """Return the one answer for what is not there and for what is somebody else's."""
        return self.pages.refuse(request, person, "There is no such thing here, or it is not yours.", 404)

    def page(
        self,
        request: Request,
        template: str,
        person: SignedIn,
        member: Membership | None,
        *,
        status: int = 200,
        **values: Any,
    ) -> Response:
        """Return a page of the console."""
        return self._renderer.page(
            request,
            template,
            signed_in=person,
            status=status,
            member=member,
            base=None if member is None else f"/console/{member.organization_id}",
            places=[] if member is None else pages_of(member),
            is_fresh=self.is_fresh(person),
            role_names=ROLE_NAMES,
            role_texts=ROLE_TEXTS,
            kind_names=KIND_NAMES,
            status_names=STATUS_NAMES,
            action_names=ACTIONS,
            detail_names=DETAIL_NAMES,
            **values,
        )

    async def _admit(
        self, request: Request, person: SignedIn, needs: Permission, kinds: Collection[OrganizationKind]
    ) -> Membership | Response:
        member = await self._services.members.in_organization(request, request.path_params["organization"])
        if member is None or member.kind not in kinds:
            return self.not_found(request, person)
        if not member.may(needs):
            if not member.is_active:
                return self.pages.refuse(request, person, "An operator has not admitted this organization yet.", 403)
            return self.pages.refuse(request, person, "Your role does not allow this.", 403)
        return member


def go(location: str) -> Response:
    """Return a redirect that nothing stores."""
    return RedirectResponse(location, 303, headers={"Cache-Control": "no-store"})
