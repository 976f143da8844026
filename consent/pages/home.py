"""The worker's home: what is granted, linked and handed out, and how each of them is ended."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consent.grants.records import GrantRecord
from consent.pages.guard import FormFields, Guard
from consent.pages.history import versions_of
from consent.pages.rendering import Renderer
from consent.pages.services import PagesServices
from consent.signin.sessions import SignedIn

_HOME: Final = "/me"


class HomePages:
    """`/me`, `/me/grants/…`, `/me/accounts/…`, `/me/codes`."""

    def __init__(self, services: PagesServices, renderer: Renderer, guard: Guard) -> None:
        self._services = services
        self._renderer = renderer
        self._guard = guard

    async def show(self, request: Request, worker: SignedIn) -> Response:
        """Show who may see what until when, what is linked, and which codes are out."""
        return await self._page(request, worker)

    async def grant(self, request: Request, worker: SignedIn) -> Response:
        """Show one grant; of one that has ended, whether everything under it has really stopped."""
        record = await self._own_grant(request, worker)
        if record is None:
            return self._not_found(request, worker)
        stopped = None if record.status == "active" else await self._services.grants.settle(record.id)
        last = await run_in_threadpool(self._services.access_log.last_by_grant, worker.worker_id)
        grants = await run_in_threadpool(self._services.grants.of_worker, worker.worker_id)
        words = self._renderer.wording(self._renderer.locale_of(request, worker))
        names = self._services.oauth.platforms()
        return self._renderer.page(
            request,
            "grant.html",
            signed_in=worker,
            grant=record,
            granted=words.platforms(record.granted, names, record.told),
            refused=words.platforms(record.refused, names, record.told),
            last_access=last.get(record.id),
            versions=[
                (
                    each,
                    words.platforms(each.added, names, each.grant.told),
                    words.platforms(each.removed, names, each.before),
                )
                for each in versions_of(record, grants)
            ],
            stopped=stopped,
            is_new=record.status == "active" and request.query_params.get("given") == "1",
        )

    async def revoke(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """End a grant, wait until it has stopped, and show the truth about that."""
        record = await self._own_grant(request, worker)
        if record is None:
            return self._not_found(request, worker)
        await self._services.grants.revoke(
            record.id, by="worker", by_id=worker.worker_id, reason="withdrawn on the worker's page"
        )
        return _go(f"{_HOME}/grants/{record.id}")

    async def keep(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Note that the worker has looked a grant through and keeps it: the reminder goes away for a while."""
        record = await self._own_grant(request, worker)
        if record is None or record.status != "active":
            return self._not_found(request, worker)

        def keep() -> None:
            with self._services.engine.begin() as connection:
                self._services.reviews.record(connection, record)

        await run_in_threadpool(keep)
        return _go(_HOME)

    async def unlink(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Unlink an account; grants that cover it stay, but nothing is read from it any more."""
        done = await self._services.linked_accounts.unlink(worker.worker_id, request.path_params["platform"])
        if done is None:
            return self._not_found(request, worker)
        return await self._page(request, worker, unlinked=done.status)

    async def create_code(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Make a contact code and show it, this once."""

        def create() -> str:
            with self._services.engine.begin() as connection:
                return self._services.contact_codes.create(connection, worker.worker_id)

        return await self._page(request, worker, new_code=await run_in_threadpool(create))

    async def revoke_code(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Revoke a contact code."""

        def revoke() -> bool:
            with self._services.engine.begin() as connection:
                return self._services.contact_codes.revoke(connection, worker.worker_id, request.path_params["ref"])

        return _go(f"{_HOME}#codes") if await run_in_threadpool(revoke) else self._not_found(request, worker)

    async def _page(
        self, request: Request, worker: SignedIn, *, new_code: str | None = None, unlinked: str | None = None
    ) -> Response:
        services = self._services
        grants = await run_in_threadpool(services.grants.of_worker, worker.worker_id)
        last = await run_in_threadpool(services.access_log.last_by_grant, worker.worker_id)
        reviewed = await run_in_threadpool(services.reviews.last_by_grant, worker.worker_id)
        codes = await run_in_threadpool(services.contact_codes.of_worker, worker.worker_id)
        words = self._renderer.wording(self._renderer.locale_of(request, worker))
        names, now = services.oauth.platforms(), services.oauth.clock()
        return self._renderer.page(
            request,
            "home.html",
            signed_in=worker,
            active=[
                (grant, words.platforms(grant.granted, names, grant.told))
                for grant in grants
                if grant.status == "active"
            ],
            due={grant.id for grant in grants if services.reviews.is_due(grant, reviewed)},
            past=[grant for grant in grants if grant.status != "active"],
            waiting=await run_in_threadpool(services.inbox.waiting, worker.worker_id),
            last_access=last,
            accounts=await services.linked_accounts.of_worker(worker.worker_id),
            codes=[code for code in codes if code.revoked_at is None and code.expires_at > now],
            new_code=new_code,
            unlinked=unlinked,
        )

    async def _own_grant(self, request: Request, worker: SignedIn) -> GrantRecord | None:
        record = await run_in_threadpool(self._services.grants.find, request.path_params["grant_id"])
        return record if record is not None and record.worker_id == worker.worker_id else None

    def _not_found(self, request: Request, worker: SignedIn) -> Response:
        return self._guard.refuse(request, worker, "There is no such thing here, or it is not yours.", 404)


def _go(location: str) -> Response:
    return RedirectResponse(location, 303, headers={"Cache-Control": "no-store"})
