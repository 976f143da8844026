"""Members and invitations of an organization."""

from __future__ import annotations

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from consent.console.invitations import NewInvitation
from consent.console.members import ConsoleError, Membership
from consent.console.pages.guard import ConsoleGuard, go
from consent.console.pages.services import ConsoleServices
from consent.console.roles import ROLES
from consent.console.wording import problem_text
from consent.pages.guard import FormFields, first
from consent.signin.sessions import SignedIn


class PeoplePages:
    """`/console/<organization>/people…`."""

    def __init__(self, services: ConsoleServices, guard: ConsoleGuard) -> None:
        self._services = services
        self._guard = guard

    async def show(self, request: Request, person: SignedIn, member: Membership) -> Response:
        """List members and open invitations."""
        return await self._page(request, person, member)

    async def invite(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """Make an invitation and show its link, this once."""
        call = partial(
            self._services.invitations.create,
            member.organization_id,
            first(fields, "role"),
            by=member.by,
            note=first(fields, "note").strip() or None,
        )
        try:
            made = await run_in_threadpool(call)
        except ConsoleError as error:
            return await self._page(request, person, member, code=error.code)
        return await self._page(request, person, member, made=made)

    async def revoke(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """Revoke an invitation."""
        done = await run_in_threadpool(
            partial(self._services.invitations.revoke, member.organization_id, request.path_params["ref"], by=member.by)
        )
        return self._back(member) if done else self._guard.not_found(request, person)

    async def change(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """Give a member another role."""
        call = partial(
            self._services.members.change_role,
            member.organization_id,
            request.path_params["person"],
            first(fields, "role"),
            by=member.by,
        )
        return await self._do(request, person, member, call)

    async def remove(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """End a membership."""
        call = partial(
            self._services.members.remove, member.organization_id, request.path_params["person"], by=member.by
        )
        return await self._do(request, person, member, call)

    async def leave(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """End one's own membership: any role may."""
        call = partial(self._services.members.remove, member.organization_id, member.person_id, by=member.by)
        try:
            await run_in_threadpool(call)
        except ConsoleError as error:
            return await self._page(request, person, member, code=error.code)
        return go("/console")

    async def _do(self, request: Request, person: SignedIn, member: Membership, call: partial[None]) -> Response:
        try:
            await run_in_threadpool(call)
        except ConsoleError as error:
            if error.code == "MEMBER_UNKNOWN":
                return self._guard.not_found(request, person)
            return await self._page(request, person, member, code=error.code)
        return self._back(member)

    async def _page(
        self,
        request: Request,
        person: SignedIn,
        member: Membership,
        *,
        code: str | None = None,
        made: NewInvitation | None = None,
    ) -> Response:
        services = self._services
        return self._guard.page(
            request,
            "console_people.html",
            person,
            member,
            status=200 if code is None else 422,
            members=await run_in_threadpool(services.members.of_organization, member.organization_id),
            invitations=await run_in_threadpool(services.invitations.of_organization, member.organization_id),
            roles=ROLES[member.kind],
            may_manage=member.may("manage"),
            problem=None if code is None else problem_text(code),
            made=None if made is None else f"{services.issuer}{made.path}",
            made_until=None if made is None else made.expires_at,
        )

    @staticmethod
    def _back(member: Membership) -> Response:
        return go(f"/console/{member.organization_id}/people")
