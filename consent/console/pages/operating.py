"""Operators: requests to decide on, actors to suspend and resume, platforms to look at. No worker is to be seen."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from consent.console.members import ConsoleError, Membership
from consent.console.oversight import PAGE
from consent.console.pages.guard import ConsoleGuard, go
from consent.console.pages.services import ConsoleServices
from consent.console.wording import problem_text
from consent.pages.guard import FormFields, first
from consent.signin.sessions import SignedIn


class OperatingPages:
    """`/console/operator/requests…`, `…/actors…`, `…/platforms`."""

    def __init__(self, services: ConsoleServices, guard: ConsoleGuard) -> None:
        self._services = services
        self._guard = guard

    async def requests(self, request: Request, person: SignedIn, member: Membership) -> Response:
        """List what waits for a decision."""
        pending = await run_in_threadpool(self._services.approvals.pending)
        return self._guard.page(request, "console_requests.html", person, member, pending=pending)

    async def one(self, request: Request, person: SignedIn, member: Membership) -> Response:
        """Show one request: everything that workers would read."""
        return await self._one(request, person, member)

    async def decide(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """Approve or refuse."""
        approvals, identifier = self._services.approvals, request.path_params["request"]
        match first(fields, "answer"):
            case "approve":
                call = partial(approvals.approve, identifier, by=member.by)
            case "refuse":
                call = partial(approvals.refuse, identifier, by=member.by, reason=first(fields, "reason"))
            case _:
                return self._guard.pages.refuse(request, person, "The form has no answer.", 400)
        try:
            await run_in_threadpool(call)
        except ConsoleError as error:
            return await self._one(request, person, member, code=error.code)
        return go("/console/operator/requests")

    async def actors(self, request: Request, person: SignedIn, member: Membership) -> Response:
        """List actors, those with a text in their name, a page at a time."""
        text = request.query_params.get("text", "").replace("\0", "")[:100]
        asked = request.query_params.get("skip", "")
        skip = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0
        found, more = await run_in_threadpool(partial(self._services.oversight.actors, text=text, skip=skip))
        older = f"/console/operator/actors?{urlencode({'text': text, 'skip': skip + PAGE})}" if more else None
        return self._guard.page(
            request, "console_actors.html", person, member, actors=found, text=text, more=older, skip=skip
        )

    async def actor(self, request: Request, person: SignedIn, member: Membership) -> Response:
        """Show one actor."""
        return await self._actor(request, person, member)

    async def suspend(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """Suspend an actor, and say whether everything that it read has stopped."""
        try:
            stopped = await self._services.oversight.suspend(
                request.path_params["actor"], by=member.by, reason=first(fields, "reason")
            )
        except ConsoleError as error:
            return await self._actor(request, person, member, code=error.code)
        return await self._actor(request, person, member, stopped=stopped.status)

    async def resume(self, request: Request, person: SignedIn, member: Membership, fields: FormFields) -> Response:
        """Let an actor read again."""
        actor_id = request.path_params["actor"]
        try:
            await run_in_threadpool(partial(self._services.oversight.resume, actor_id, by=member.by))
        except ConsoleError as error:
            return await self._actor(request, person, member, code=error.code)
        return go(f"/console/operator/actors/{actor_id}")

    async def platforms(self, request: Request, person: SignedIn, member: Membership) -> Response:
        """List the platforms that are live."""
        return self._guard.page(request, "console_platforms.html", person, member, platforms=self._services.platforms())

    async def _one(
        self, request: Request, person: SignedIn, member: Membership, *, code: str | None = None
    ) -> Response:
        services = self._services
        found = await run_in_threadpool(services.approvals.find, request.path_params["request"])
        if found is None:
            return self._guard.not_found(request, person)
        belongs = {
            each.person_id for each in await run_in_threadpool(services.members.of_organization, found.organization_id)
        }
        return self._guard.page(
            request,
            "console_request.html",
            person,
            member,
            status=200 if code is None else 422,
            approval=found,
            organization=await run_in_threadpool(services.organizations.find, found.organization_id),
            is_own=person.worker_id in belongs,
            may_decide=member.may("decide"),
            problem=None if code is None else problem_text(code),
        )

    async def _actor(
        self,
        request: Request,
        person: SignedIn,
        member: Membership,
        *,
        code: str | None = None,
        stopped: str | None = None,
    ) -> Response:
        found = await run_in_threadpool(self._services.oversight.actor, request.path_params["actor"])
        if found is None:
            return self._guard.not_found(request, person)
        return self._guard.page(
            request,
            "console_oversee.html",
            person,
            member,
            status=200 if code is None else 422,
            actor=found,
            may_decide=member.may("decide"),
            problem=None if code is None else problem_text(code),
            stopped=stopped,
        )
