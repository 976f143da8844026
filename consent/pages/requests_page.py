"""The requests page: who asked, what waits for an answer, what became of the others, and who is blocked.

A request is answered on the consent page like any other (`consent_page`); to refuse one, this list is enough.
"""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consent.inbox.answers import unblock_actor
from consent.oauth.authorization import NotPending
from consent.pages.guard import FormFields, Guard
from consent.pages.rendering import Renderer
from consent.pages.services import PagesServices
from consent.signin.sessions import SignedIn

REQUESTS: Final = "/me/requests"
_DONE: Final = frozenset({"refused", "blocked", "unblocked", "gone"})


class RequestsPages:
    """`/me/requests` and what its buttons do."""

    def __init__(self, services: PagesServices, renderer: Renderer, guard: Guard) -> None:
        self._services = services
        self._renderer = renderer
        self._guard = guard

    async def show(self, request: Request, worker: SignedIn) -> Response:
        """Show what waits, what was answered, and whom the worker does not hear from."""
        inbox, names = self._services.inbox, self._services.oauth.platforms()
        words = self._renderer.wording(self._renderer.locale_of(request, worker))
        waiting = await run_in_threadpool(inbox.waiting, worker.worker_id)
        done = request.query_params.get("done", "")
        return self._renderer.page(
            request,
            "requests.html",
            signed_in=worker,
            waiting=[(each, words.platforms(each.request.items, names)) for each in waiting],
            answered=await run_in_threadpool(inbox.answered, worker.worker_id),
            blocked=await run_in_threadpool(inbox.blocked, worker.worker_id),
            done=done if done in _DONE else "",
        )

    async def refuse(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Refuse one without opening it. To say no, nobody has to prove anew who they are."""
        name = request.path_params["request_id"]
        outcome = await run_in_threadpool(self._services.authorizations.deny, name, worker.worker_id)
        return after("gone" if isinstance(outcome, NotPending) else "refused")

    async def unblock(self, request: Request, worker: SignedIn, fields: FormFields) -> Response:
        """Take requests of an actor again."""

        def unblock() -> bool:
            with self._services.engine.begin() as connection:
                return unblock_actor(
                    connection,
                    worker.worker_id,
                    request.path_params["actor_id"],
                    now=self._services.oauth.clock(),
                )

        if await run_in_threadpool(unblock):
            return after("unblocked")
        return self._guard.refuse(request, worker, "There is no such thing here, or it is not yours.", 404)


def after(done: str) -> Response:
    """Go back to the list, which says what was done."""
    return RedirectResponse(f"{REQUESTS}?done={done}", 303, headers={"Cache-Control": "no-store"})
