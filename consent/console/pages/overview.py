"""An organization at a glance, what it did in counts, and who did what in it."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from consent.console.members import Membership
from consent.console.pages.guard import ConsoleGuard
from consent.console.pages.services import ConsoleServices
from consent.signin.sessions import SignedIn


class OverviewPages:
    """`/console/<organization>`, `…/usage`, `…/history`."""

    def __init__(self, services: ConsoleServices, guard: ConsoleGuard) -> None:
        self._services = services
        self._guard = guard

    async def show(self, request: Request, person: SignedIn, member: Membership) -> Response:
        """Show the overview of the organization's kind."""
        services, identifier = self._services, member.organization_id
        if member.kind == "operator":
            return self._guard.page(
                request,
                "console_operator.html",
                person,
                member,
                pending=await run_in_threadpool(services.approvals.pending),
                counts=await run_in_threadpool(services.oversight.worker_counts),
                checkpoint=await run_in_threadpool(services.oversight.checkpoint),
                witnesses=await run_in_threadpool(services.cosignatures.standing),
                platforms=services.platforms(),
            )
        return self._guard.page(
            request,
            f"console_{member.kind}.html",
            person,
            member,
            organization=await run_in_threadpool(services.organizations.find, identifier),
            clients=await run_in_threadpool(services.clients.of, identifier),
            latest=await run_in_threadpool(services.approvals.latest, identifier),
            grants=await run_in_threadpool(services.usage.live_grants, identifier),
            issuer=services.issuer,
        )

    async def usage(self, request: Request, person: SignedIn, member: Membership) -> Response:
        """Show accesses and notices, in counts."""
        services, identifier = self._services, member.organization_id
        return self._guard.page(
            request,
            "console_usage.html",
            person,
            member,
            accesses=await run_in_threadpool(services.usage.accesses, identifier),
            grants=await run_in_threadpool(services.usage.live_grants, identifier),
            deliveries=await run_in_threadpool(services.usage.deliveries, identifier),
        )

    async def history(self, request: Request, person: SignedIn, member: Membership) -> Response:
        """Show who did what: in the organization, or for operators everywhere at the console."""
        services = self._services
        asked = request.query_params.get("before", "")
        before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 18 else None
        organization = None if member.kind == "operator" else member.organization_id

        def read() -> tuple[list[object], int | None, dict[str, str]]:
            actions, older = services.history.page(organization=organization, before=before)
            about = {str(each.payload.get(name)) for each in actions for name in ("person", "organization")}
            return list(actions), older, services.members.names_of({each.by_id or "" for each in actions} | about)

        actions, older, names = await run_in_threadpool(read)
        return self._guard.page(
            request, "console_history.html", person, member, actions=actions, older=older, names=names
        )
